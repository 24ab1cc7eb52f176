import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { raw, refusal, root } from "../../harness";
import { credentials } from "../../sessions/query";
import { bucketIn, storeForFile } from "../fixture";

const [alice, bob] = ["alice", "bob"].map((name) => ({
  name,
  accessKeyId: `${name}-key`,
  secretAccessKey: `${name}-secret-key`,
})) as [typeof root, typeof root];
const everything = { Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] };
const store = storeForFile({
  users: [root, alice, bob],
  roles: [
    { name: "idle", trust: ["bob"], policies: [] },
    { name: "busy", trust: ["bob"], policies: [everything] },
  ],
});
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const groups = "http://acs.amazonaws.com/groups";
const [allUsers, authenticated] = [`${groups}/global/AllUsers`, `${groups}/global/AuthenticatedUsers`];
const denied = "403 AccessDenied";
const clients: sdk.S3Client[] = [];
let ids: Record<"root" | "alice" | "bob", string>;
let [asAlice, asBob] = [] as unknown as [sdk.S3Client, sdk.S3Client];

const clientOf = (credentials: sdk.S3ClientConfig["credentials"] & object) => {
  const client = store.client({ credentials });
  clients.push(client);
  return client;
};
beforeAll(async () => {
  [asAlice, asBob] = [clientOf(alice), clientOf(bob)];
  const idOf = async (client: sdk.S3Client) => (await client.send(new sdk.ListBucketsCommand({}))).Owner?.ID ?? "";
  ids = { root: await idOf(store.s3), alice: await idOf(asAlice), bob: await idOf(asBob) };
});
afterAll(() => {
  for (const client of clients) client.destroy();
});

type Row = [grantee: string, permission: sdk.Permission];
const grantOf = ([grantee, Permission]: Row): sdk.Grant => ({
  Permission,
  Grantee: grantee.includes("://") ? { Type: "Group", URI: grantee } : { Type: "CanonicalUser", ID: grantee },
});
const rowOf = ({ Grantee, Permission }: sdk.Grant) => [Grantee?.URI ?? Grantee?.ID, Permission];
const policyOf = (owner: string, rows: Row[]) => ({ Owner: { ID: owner }, Grants: rows.map(grantOf) });
const setBucket = (...rows: Row[]) =>
  media.send(sdk.PutBucketAclCommand, { AccessControlPolicy: policyOf(ids.root, rows) });
const setObject = (Key: string, ...rows: Row[]) =>
  media.send(sdk.PutObjectAclCommand, { Key, AccessControlPolicy: policyOf(ids.root, rows) });
const objectRows = async (Key: string, VersionId?: string) =>
  (await media.send(sdk.GetObjectAclCommand, { Key, VersionId })).Grants?.map(rowOf);

/** What each permission on an object or a bucket lets a user do, by one try of each kind. */
const tries = {
  get: (as: sdk.S3Client) => media.send(sdk.GetObjectCommand, { Key: "k" }, as),
  getAcl: (as: sdk.S3Client) => media.send(sdk.GetObjectAclCommand, { Key: "k" }, as),
  putAcl: (as: sdk.S3Client) =>
    media.send(sdk.PutObjectAclCommand, { Key: "k", AccessControlPolicy: policyOf(ids.root, objectAcl) }, as),
  list: (as: sdk.S3Client) => media.send(sdk.ListObjectsV2Command, {}, as),
  write: (as: sdk.S3Client) => media.send(sdk.PutObjectCommand, { Key: "new", Body: "x" }, as),
  getBucketAcl: (as: sdk.S3Client) => media.send(sdk.GetBucketAclCommand, {}, as),
  putBucketAcl: (as: sdk.S3Client) =>
    media.send(sdk.PutBucketAclCommand, { AccessControlPolicy: policyOf(ids.root, bucketAcl) }, as),
};
let objectAcl: Row[] = [];
let bucketAcl: Row[] = [];
async function allowedTo(as: sdk.S3Client): Promise<string[]> {
  const names: string[] = [];
  for (const [name, attempt] of Object.entries(tries)) {
    const outcome = await refusal(attempt(as));
    expect(["accepted", denied]).toContain(outcome);
    if (outcome === "accepted") names.push(name);
  }
  await media.send(sdk.DeleteObjectCommand, { Key: "new" });
  return names;
}

beforeEach(async () => {
  await media.send(sdk.DeletePublicAccessBlockCommand, {});
  await media.send(sdk.PutBucketAclCommand, { ACL: "private" });
  await media.put("k", "x");
});

describe("a grant to a single user", () => {
  it.each<[sdk.Permission, string[], string[]]>([
    ["READ", ["get"], ["list"]],
    ["WRITE", [], ["write"]],
    ["READ_ACP", ["getAcl"], ["getBucketAcl"]],
    ["WRITE_ACP", ["putAcl"], ["putBucketAcl"]],
    ["FULL_CONTROL", ["get", "getAcl", "putAcl"], ["list", "write", "getBucketAcl", "putBucketAcl"]],
  ])("of %s allows just that, to that user alone", async (permission, onObject, onBucket) => {
    objectAcl = [[ids.alice, permission]];
    await setObject("k", ...objectAcl);
    expect([await allowedTo(asAlice), await allowedTo(asBob)]).toEqual([onObject, []]);
    expect((await raw("GET", media.url("k"))).status).toBe(403);
    await media.send(sdk.PutObjectAclCommand, { Key: "k", ACL: "private" });
    bucketAcl = [[ids.alice, permission]];
    await setBucket(...bucketAcl);
    expect([await allowedTo(asAlice), await allowedTo(asBob)]).toEqual([onBucket, []]);
  });

  it("comes back as it was set, as a document and in headers, and is about one version", async () => {
    const rows: Row[] = [
      [ids.alice, "READ"],
      [authenticated, "READ_ACP"],
      [ids.bob, "WRITE_ACP"],
      [`${groups}/s3/LogDelivery`, "WRITE"],
      [ids.root, "READ"],
    ];
    await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId } = await media.put("versions", "old");
    await media.put("versions", "new");
    const AccessControlPolicy = policyOf(ids.root, rows);
    await media.send(sdk.PutObjectAclCommand, { Key: "versions", VersionId, AccessControlPolicy });
    expect(await objectRows("versions", VersionId)).toEqual(rows);
    expect(await objectRows("versions")).toEqual([[ids.root, "FULL_CONTROL"]]);
    const getVersion = media.send(sdk.GetObjectCommand, { Key: "versions", VersionId }, asAlice);
    expect([
      await refusal(getVersion),
      await refusal(media.send(sdk.GetObjectCommand, { Key: "versions" }, asAlice)),
    ]).toEqual(["accepted", denied]);
    await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Suspended" } });
    await media.put("headers", "x", {
      GrantRead: `id="${ids.alice}", uri="${allUsers}"`,
      GrantFullControl: `id=${ids.bob}`,
    });
    expect(await objectRows("headers")).toEqual([
      [ids.bob, "FULL_CONTROL"],
      [ids.alice, "READ"],
      [allUsers, "READ"],
    ]);
    await media.send(sdk.PutBucketAclCommand, { GrantReadACP: `id="${ids.alice}"`, GrantWriteACP: `id="${ids.bob}"` });
    const { Grants, Owner } = await media.send(sdk.GetBucketAclCommand, {});
    expect([Owner?.ID, Grants?.map(rowOf)]).toEqual([
      ids.root,
      [
        [ids.alice, "READ_ACP"],
        [ids.bob, "WRITE_ACP"],
      ],
    ]);
    await setBucket();
    expect((await media.send(sdk.GetBucketAclCommand, {})).Grants ?? []).toEqual([]);
  });

  it("goes with uploads in parts and copies that ask for it, and not with a copied object", async () => {
    const GrantRead = `id="${ids.alice}"`;
    const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key: "parts", GrantRead });
    const { ETag } = await media.send(sdk.UploadPartCommand, { Key: "parts", UploadId, PartNumber: 1, Body: "x" });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await media.send(sdk.CompleteMultipartUploadCommand, { Key: "parts", UploadId, MultipartUpload });
    await media.send(sdk.CopyObjectCommand, { Key: "copied", CopySource: "media/parts", GrantRead });
    await media.send(sdk.CopyObjectCommand, { Key: "bare", CopySource: "media/parts" });
    expect(await Promise.all(["parts", "copied", "bare"].map((key) => objectRows(key)))).toEqual([
      [[ids.alice, "READ"]],
      [[ids.alice, "READ"]],
      [[ids.root, "FULL_CONTROL"]],
    ]);
  });

  it("counts for sessions of the user within their policies, and not for roles, which have theirs", async () => {
    await setObject("k", [ids.bob, "READ"]);
    const get = async (parameters: Record<string, string>) => {
      const session = clientOf(await credentials(store.endpoint, parameters, { as: bob }));
      return refusal(media.send(sdk.GetObjectCommand, { Key: "k" }, session));
    };
    const RoleSessionName = "session";
    const role = (name: string) => ({
      Action: "AssumeRole",
      RoleArn: `arn:aws:iam::000000000000:role/${name}`,
      RoleSessionName,
    });
    const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "s3:PutObject", Resource: "*" }] });
    expect(await get({ Action: "GetSessionToken" })).toBe("accepted");
    expect(await get({ Action: "GetFederationToken", Name: "fed", Policy })).toBe(denied);
    expect([await get(role("idle")), await get(role("busy"))]).toEqual([denied, "accepted"]);
    await setObject("k", [authenticated, "READ"]);
    expect(await get(role("idle"))).toBe("accepted"); // a signature is all this group asks for
  });
});

describe("a grant of WRITE on a bucket", () => {
  it("makes new objects, and replaces and deletes none that are another's", async () => {
    await setBucket([ids.alice, "WRITE"], [allUsers, "WRITE"]);
    const put = (Key: string, as: sdk.S3Client) => refusal(media.send(sdk.PutObjectCommand, { Key, Body: "own" }, as));
    const remove = (Key: string, as: sdk.S3Client) => refusal(media.send(sdk.DeleteObjectCommand, { Key }, as));
    expect([await put("k", asAlice), await remove("k", asAlice)]).toEqual([denied, denied]);
    expect([await put("hers", asAlice), await put("hers", asAlice)]).toEqual(["accepted", "accepted"]);
    expect([await put("hers", asBob), await remove("hers", asBob)]).toEqual([denied, denied]);
    expect((await raw("PUT", media.url("hers"), { body: "x" })).status).toBe(403);
    expect(await remove("hers", asAlice)).toBe("accepted");
    expect(await media.text("k")).toBe("x");
  });
});

describe("an object that its writer owns", () => {
  it("is not open to the bucket's owner, by ownership or by policy, unless its ACL says so", async () => {
    const own = (client: sdk.S3Client, Key: string) =>
      refusal(client.send(new sdk.GetObjectCommand({ Bucket: "alices", Key })));
    await asAlice.send(new sdk.CreateBucketCommand({ Bucket: "alices", ObjectOwnership: "ObjectWriter" }));
    const write = { Bucket: "alices", GrantWrite: `id="${ids.bob}"`, GrantFullControl: `id="${ids.alice}"` };
    await asAlice.send(new sdk.PutBucketAclCommand(write));
    for (const [Key, ACL] of [
      ["bobs", "private"],
      ["shared", "bucket-owner-read"],
    ] as const)
      await asBob.send(new sdk.PutObjectCommand({ Bucket: "alices", Key, Body: "x", ACL }));
    const Statement = [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::alices/*" }];
    await asAlice.send(new sdk.PutBucketPolicyCommand({ Bucket: "alices", Policy: JSON.stringify({ Statement }) }));
    expect([await own(asAlice, "bobs"), await own(asAlice, "shared"), await own(asBob, "bobs")]).toEqual([
      denied,
      "accepted",
      "accepted",
    ]);
    expect((await raw("GET", `${store.endpoint}/alices/bobs`)).status).toBe(403);
    expect(await own(store.s3, "bobs")).toBe("accepted"); // root is root
    const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
    await asAlice.send(new sdk.PutBucketAclCommand({ Bucket: "alices", ACL: "private" }));
    await asAlice.send(new sdk.PutBucketOwnershipControlsCommand({ Bucket: "alices", OwnershipControls }));
    expect(await own(asAlice, "bobs")).toBe("accepted");
  });
});

describe("an ACL", () => {
  it("of single users is refused where the bucket's owner is enforced, but for the owner's own", async () => {
    await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "plain" }));
    const to = (id: string) => {
      const write = { Bucket: "plain", Key: "k", Body: "x", GrantFullControl: `id="${id}"` };
      return refusal(store.s3.send(new sdk.PutObjectCommand(write)));
    };
    expect([await to(ids.alice), await to(ids.root)]).toEqual(["400 AccessControlListNotSupported", "accepted"]);
    await setBucket([ids.root, "FULL_CONTROL"], [ids.alice, "READ"]);
    const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
    const enforce = () => refusal(media.send(sdk.PutBucketOwnershipControlsCommand, { OwnershipControls }));
    expect(await enforce()).toBe("400 InvalidBucketAclWithObjectOwnership");
  });

  it("is public with any permission to a group of everyone: BlockPublicAcls refuses it, IgnorePublicAcls takes that grant away", async () => {
    await setObject("k", [ids.alice, "READ"], [authenticated, "READ"]);
    const block = (PublicAccessBlockConfiguration: sdk.PublicAccessBlockConfiguration) =>
      media.send(sdk.PutPublicAccessBlockCommand, { PublicAccessBlockConfiguration });
    await block({ IgnorePublicAcls: true });
    expect([await refusal(tries.get(asAlice)), await refusal(tries.get(asBob))]).toEqual(["accepted", denied]);
    await block({ BlockPublicAcls: true });
    expect(await refusal(setObject("k", [authenticated, "WRITE_ACP"]))).toBe(denied);
    expect(await refusal(setBucket([allUsers, "READ_ACP"]))).toBe(denied);
    expect(await refusal(setObject("k", [ids.alice, "READ"]))).toBe("accepted");
    expect(await refusal(media.put("k", "x", { GrantRead: `uri="${allUsers}"` }))).toBe(denied);
  });

  it("in headers is what policies with conditions on it see", async () => {
    const Condition = { StringLike: { "s3:x-amz-grant-write-acp": "*" } };
    const Statement = [
      { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::media/*", Condition },
    ];
    await media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Statement }) });
    const GrantWriteACP = `id="${ids.alice}"`;
    expect(await refusal(media.put("conditioned", "x", { GrantWriteACP }))).toBe(denied);
    expect(await refusal(media.put("conditioned", "x", { GrantRead: GrantWriteACP }))).toBe("accepted");
    await media.send(sdk.DeleteBucketPolicyCommand, {});
  });
});
