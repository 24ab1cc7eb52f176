import { randomBytes, randomUUID } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { uploadRolePermissions } from "@/lib/infra/iam";
import { createStorage, type Storage } from "@/lib/storage/client";
import { uploadPrefix } from "@/lib/storage/keys";
import { enforcesSessionPolicies } from "@/lib/storage/session/enforcement";
import { requireSessions, uploadSession } from "@/lib/storage/session/upload-session";
import { field, outcome, query } from "@/tests/integration/embedded-s3/sessions/query";
import { permitFor } from "@/tests/support/fixtures/permit";
import { endpoint } from "./endpoint";

const collectionId = randomUUID();
const prefix = uploadPrefix(collectionId, randomUUID());
const foreignPrefix = uploadPrefix(collectionId, randomUUID());
const roleName = `upload-${randomBytes(4).toString("hex")}`;

let store: Storage;
let other: Storage;
let roleArn: string;
/** Holds temporary credentials for `prefix`. */
let session: S3Client;
let close: () => void;

async function makeRole(permissions: object): Promise<string> {
  const as = store.config.credentials as { accessKeyId: string; secretAccessKey: string };
  const iam = (Action: string, parameters: Record<string, string>) =>
    query(store.config.endpoint ?? "", "iam", { Action, ...parameters }, { as, service: endpoint.ceph ? "s3" : "iam" });
  const trust = { Effect: "Allow", Principal: { AWS: ["*"] }, Action: ["sts:AssumeRole"] };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  const made = await iam("CreateRole", { RoleName: roleName, AssumeRolePolicyDocument });
  expect(outcome(made)).toBe("200");
  const PolicyDocument = JSON.stringify(permissions);
  const put = await iam("PutRolePolicy", { RoleName: roleName, PolicyName: "uploads", PolicyDocument });
  expect(outcome(put)).toBe("200");
  return field(made, "Arn") ?? "";
}

const grant = (durationSeconds = 900) =>
  uploadSession(permitFor(store), { roleArn, prefix, sessionName: `atoll-${randomUUID()}`, durationSeconds }, store);

async function clientOf(): Promise<{ client: S3Client; close: () => void }> {
  const { credentials, endpoint: url, region, bucket, forcePathStyle } = await grant();
  const limited = createStorage({ endpoint: url, region, bucket, forcePathStyle, credentials });
  return limited;
}

beforeAll(async () => {
  store = endpoint.storage("upload-session");
  other = endpoint.storage("upload-session-other");
  for (const { client, bucket } of [store, other]) {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await client.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
  }
  // More than the site's role has: what the session's own policy forbids must be refused all the same.
  const everything = { Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] };
  const permissions = uploadRolePermissions(store.bucket);
  roleArn = await makeRole({ ...permissions, Statement: [...permissions.Statement, everything] });
  ({ client: session, close } = await clientOf());
  return () => close();
});

const Bucket = () => store.bucket;
const Key = `${prefix}reef ñ.jpg`;
const put = (key: string, more: object = {}) =>
  new PutObjectCommand({ Bucket: Bucket(), Key: key, Body: "coral", ...more });

describe(`temporary credentials of an upload on ${endpoint.name}`, () => {
  it("put objects under the prefix, list it, and send, list and abort parts", async () => {
    await session.send(put(Key));
    const listed = await session.send(new ListObjectsV2Command({ Bucket: Bucket(), Prefix: prefix }));
    expect(listed.Contents?.map((object) => object.Key)).toEqual([Key]);
    const target = { Bucket: Bucket(), Key: `${prefix}film.mov` };
    const { UploadId } = await session.send(new CreateMultipartUploadCommand(target));
    const { ETag } = await session.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber: 10_000, Body: "film" }),
    );
    const { Parts } = await session.send(new ListPartsCommand({ ...target, UploadId, PartNumberMarker: "9999" }));
    expect(Parts?.map(({ PartNumber }) => PartNumber)).toEqual([10_000]);
    const MultipartUpload = { Parts: [{ PartNumber: 10_000, ETag }] };
    await session.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
    const begun = await session.send(new CreateMultipartUploadCommand(target));
    await session.send(new AbortMultipartUploadCommand({ ...target, UploadId: begun.UploadId }));
  });

  it("are no wider than this", async () => {
    const root = store.client;
    await root.send(put(`${foreignPrefix}theirs.jpg`));
    const { VersionId } = await root.send(put(`${prefix}old.jpg`));
    const theirs = { Bucket: Bucket(), Key: `${foreignPrefix}film.mov` };
    const { UploadId } = await root.send(new CreateMultipartUploadCommand(theirs));
    const mine = { Bucket: Bucket(), Key };
    const CopySource = encodeURI(`${Bucket()}/${foreignPrefix}theirs.jpg`);
    const tags = { TagSet: [{ Key: "a", Value: "b" }] };
    const key = randomBytes(32);
    const refused: Record<string, Promise<unknown>> = {
      get: session.send(new GetObjectCommand(mine)),
      head: session.send(new HeadObjectCommand(mine)),
      "get a version": session.send(new GetObjectCommand({ ...mine, Key: `${prefix}old.jpg`, VersionId })),
      "list elsewhere": session.send(new ListObjectsV2Command({ Bucket: Bucket(), Prefix: foreignPrefix })),
      "list everything": session.send(new ListObjectsV2Command({ Bucket: Bucket() })),
      "list the parent": session.send(new ListObjectsV2Command({ Bucket: Bucket(), Prefix: `media/${collectionId}/` })),
      "list versions": session.send(new ListObjectVersionsCommand({ Bucket: Bucket(), Prefix: prefix })),
      "put elsewhere": session.send(put(`${foreignPrefix}a.jpg`)),
      "put beside the prefix": session.send(put(`${prefix.slice(0, -1)}x/a.jpg`)),
      delete: session.send(new DeleteObjectCommand(mine)),
      "delete a version": session.send(new DeleteObjectCommand({ ...mine, Key: `${prefix}old.jpg`, VersionId })),
      "get tags": session.send(new GetObjectTaggingCommand(mine)),
      "put tags": session.send(new PutObjectTaggingCommand({ ...mine, Tagging: tags })),
      "put an ACL": session.send(new PutObjectAclCommand({ ...mine, ACL: "public-read" })),
      "put a policy": session.send(new PutBucketPolicyCommand({ Bucket: Bucket(), Policy: "{}" })),
      "copy from elsewhere": session.send(new CopyObjectCommand({ ...mine, Key: `${prefix}copy.jpg`, CopySource })),
      "put in another bucket": session.send(new PutObjectCommand({ Bucket: other.bucket, Key, Body: "x" })),
      "abort another's multipart": session.send(new AbortMultipartUploadCommand({ ...theirs, UploadId })),
      "list another's parts": session.send(new ListPartsCommand({ ...theirs, UploadId })),
      "another storage class": session.send(put(`${prefix}cold.jpg`, { StorageClass: "GLACIER" })),
      "a key of its own": session.send(
        put(`${prefix}locked.jpg`, { SSECustomerAlgorithm: "AES256", SSECustomerKey: key.toString("base64") }),
      ),
    };
    const outcomes = Object.entries(refused).map(async ([name, sent]) => [
      name,
      await sent.then(
        () => "done",
        (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
      ),
    ]);
    const found = Object.fromEntries(await Promise.all(outcomes)) as Record<string, unknown>;
    const expected = Object.fromEntries(Object.keys(refused).map((name) => [name, 403]));
    expect(found).toEqual({ ...expected, ...(endpoint.ceph ? cephSays : {}) });
  });

  it("are enforced by this server, which is tried once", async () => {
    expect(await enforcesSessionPolicies(roleArn, store)).toBe(true);
  });

  it("are not given without a role, or for one that does not exist", async () => {
    const wanted = { prefix, sessionName: "atoll-x", durationSeconds: 900 };
    const permit = permitFor(store);
    await expect(requireSessions(undefined, store)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(uploadSession(permit, { ...wanted, roleArn: `${roleArn}-x` }, store)).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });

  it("expire when they say", async () => {
    const { credentials } = await grant(900);
    const leftSeconds = (credentials.expiresAt.getTime() - Date.now()) / 1_000;
    expect(leftSeconds).toBeGreaterThan(600);
    expect(leftSeconds).toBeLessThanOrEqual(901);
  });
});

/**
 * Where Ceph 16 differs: it knows one storage class, and no condition about a key of the sender's own. Who sends such an object has
 * sent one that nobody else can read.
 */
const cephSays: Record<string, unknown> = { "another storage class": 400, "a key of its own": "done" };
