import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startS3 } from "@/lib/embedded/s3/server";
import { sitePermissions } from "@/lib/infra/iam";
import { bucketIn, storeForFile } from "../conformance/fixture";
import { refusal, root } from "../harness";
import { credentials, outcome, query } from "./query";

/** Users of the configuration with policies: these are all they may do. */

const user = (name: string, ...policies: object[]) => ({
  name,
  accessKeyId: `${name}-key`,
  secretAccessKey: `${name}-secret-key`,
  policies,
});
const statement = (Action: string | string[], Resource: string | string[], Effect = "Allow") => ({
  Statement: [{ Effect, Action, Resource }],
});
const site = user("site", sitePermissions("media"));
const maker = user("maker", statement(["s3:CreateBucket", "s3:PutObject", "sts:GetFederationToken"], "*"));
const idle = user("idle");
const trusting = (AWS: string) => ({ Statement: [{ Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" }] });
const roles = [
  { name: "for-account", trust: trusting("000000000000"), policies: [statement("s3:*", "*")] },
  { name: "for-idle", trust: trusting("arn:aws:iam::000000000000:user/idle"), policies: [] },
];
const store = storeForFile({ users: [root, site, maker, idle], roles });
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const denied = "403 AccessDenied";
const clients: sdk.S3Client[] = [];
const clientOf = (credentials: sdk.S3ClientConfig["credentials"] & object) => {
  const client = store.client({ credentials });
  clients.push(client);
  return client;
};
let [asSite, asMaker, asIdle] = [] as unknown as [sdk.S3Client, sdk.S3Client, sdk.S3Client];

beforeAll(async () => {
  [asSite, asMaker, asIdle] = [clientOf(site), clientOf(maker), clientOf(idle)];
  await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
  await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "other" }));
});
beforeEach(() => media.put("media/k", "x"));
afterAll(() => {
  for (const client of clients) client.destroy();
});

describe("a limited user", () => {
  it("does what its policies say and nothing else: the site's permissions", async () => {
    const { VersionId } = await media.head("media/k");
    const may: Promise<unknown>[] = [
      media.send(sdk.PutObjectCommand, { Key: "media/new", Body: "x" }, asSite),
      media.send(sdk.PutObjectCommand, { Key: "derived/new", Body: "x" }, asSite),
      media.send(sdk.GetObjectCommand, { Key: "media/k", VersionId }, asSite),
      media.send(sdk.ListObjectVersionsCommand, {}, asSite),
      media.send(sdk.ListMultipartUploadsCommand, {}, asSite),
    ];
    expect(new Set(await Promise.all(may.map(refusal)))).toEqual(new Set(["accepted"]));
    const mayNot: Promise<unknown>[] = [
      media.send(sdk.PutObjectCommand, { Key: "elsewhere/new", Body: "x" }, asSite),
      media.send(sdk.PutObjectCommand, { Key: "media/acl", Body: "x", ACL: "public-read" }, asSite),
      media.send(sdk.DeleteObjectCommand, { Key: "media/k" }, asSite),
      media.send(sdk.DeleteObjectCommand, { Key: "elsewhere/new", VersionId: "null" }, asSite),
      media.send(sdk.PutBucketPolicyCommand, { Policy: "{}" }, asSite),
      media.send(sdk.GetBucketPolicyCommand, {}, asSite),
      media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Suspended" } }, asSite),
      media.send(sdk.PutBucketAclCommand, { ACL: "public-read" }, asSite),
      media.send(sdk.DeleteBucketCommand, {}, asSite),
      asSite.send(new sdk.ListObjectsV2Command({ Bucket: "other" })),
      asSite.send(new sdk.ListBucketsCommand({})),
      asSite.send(new sdk.CreateBucketCommand({ Bucket: "mine" })),
    ];
    expect(new Set(await Promise.all(mayNot.map(refusal)))).toEqual(new Set([denied]));
    expect(await refusal(media.send(sdk.DeleteObjectCommand, { Key: "media/k", VersionId }, asSite))).toBe("accepted");
  });

  it("owns nothing: what it makes is root's, and gives it no rights", async () => {
    const owned = asMaker.send(new sdk.CreateBucketCommand({ Bucket: "made", ObjectOwnership: "ObjectWriter" }));
    expect(await refusal(owned)).toBe(denied); // takes s3:PutBucketOwnershipControls, too
    await asMaker.send(new sdk.CreateBucketCommand({ Bucket: "made" }));
    expect(await refusal(asMaker.send(new sdk.ListObjectsV2Command({ Bucket: "made" })))).toBe(denied);
    await asMaker.send(new sdk.PutObjectCommand({ Bucket: "media", Key: "made", Body: "x" }));
    const { Owner } = await media.send(sdk.GetObjectAclCommand, { Key: "made" });
    expect(Owner?.DisplayName).toBe("root");
    expect(await refusal(media.send(sdk.GetObjectCommand, { Key: "made" }, asMaker))).toBe(denied);
  });

  it("has what a bucket's policy gives it, and a Deny of either wins", async () => {
    const arn = "arn:aws:s3:::media/*";
    const Principal = { AWS: "arn:aws:iam::000000000000:user/idle" };
    const set = (Effect: string, principal: unknown) =>
      media.send(sdk.PutBucketPolicyCommand, {
        Policy: JSON.stringify({
          Statement: [{ Effect, Principal: principal, Action: "s3:GetObject", Resource: arn }],
        }),
      });
    const get = (as: sdk.S3Client) => refusal(media.send(sdk.GetObjectCommand, { Key: "media/k" }, as));
    expect(await get(asIdle)).toBe(denied);
    await set("Allow", Principal);
    expect(await get(asIdle)).toBe("accepted");
    await set("Deny", "*");
    expect(await get(asSite)).toBe(denied);
    await media.send(sdk.DeleteBucketPolicyCommand, {});
    expect(await get(asSite)).toBe("accepted");
  });

  it("gives its sessions no more than it has", async () => {
    const everything = JSON.stringify(statement("s3:*", "*"));
    const own = clientOf(await credentials(store.endpoint, { Action: "GetSessionToken" }, { as: site }));
    expect(await refusal(media.send(sdk.GetObjectCommand, { Key: "media/k" }, own))).toBe("accepted");
    expect(await refusal(media.send(sdk.DeleteObjectCommand, { Key: "media/k" }, own))).toBe(denied);
    const federate = { Action: "GetFederationToken", Name: "fed", Policy: everything };
    expect(outcome(await query(store.endpoint, "sts", federate, { as: site }))).toBe(denied);
    const federated = clientOf(await credentials(store.endpoint, federate, { as: maker }));
    expect(await refusal(media.send(sdk.PutObjectCommand, { Key: "fed", Body: "x" }, federated))).toBe("accepted");
    expect(await refusal(media.send(sdk.GetObjectCommand, { Key: "fed" }, federated))).toBe(denied);
  });

  it("assumes the roles that name it, and those of the account only where its policies allow it", async () => {
    const assume = async (role: string, as: typeof site) => {
      const RoleArn = `arn:aws:iam::000000000000:role/${role}`;
      return outcome(
        await query(store.endpoint, "sts", { Action: "AssumeRole", RoleArn, RoleSessionName: "s1" }, { as }),
      );
    };
    expect([await assume("for-account", idle), await assume("for-idle", idle)]).toEqual([denied, "200"]);
    expect(await assume("for-idle", site)).toBe(denied);
  });
});

describe("the users of a store", () => {
  const start = (users: Parameters<typeof startS3>[0]["users"]) => startS3({ dataDir: "never-made", users });

  it("are refused with a policy that says nothing enforceable, and a root that is limited", async () => {
    await expect(start([root, user("bad", statement("s3:Get Object", "*"))])).rejects.toThrow(
      /S3 user bad.*invalid action/,
    );
    await expect(start([{ ...root, policies: [] }])).rejects.toThrow(/root and cannot be limited/);
  });
});
