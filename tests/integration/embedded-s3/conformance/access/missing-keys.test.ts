import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guest, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

/** Whether a key is there is told to those who may list it. */

const store = storeForFile();
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const arn = "arn:aws:s3:::media";
const notThere = "0".repeat(32);
let asGuest: sdk.S3Client;
let marker = "";

beforeAll(async () => {
  asGuest = store.client({ credentials: guest });
  await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
  await media.put("deleted", "x");
  await media.put("there", "x");
  marker = (await media.send(sdk.DeleteObjectCommand, { Key: "deleted" })).VersionId ?? "";
  await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "guests" }));
  const Policy = JSON.stringify({ Statement: [{ ...allow("s3:*"), Resource: "arn:aws:s3:::guests/*" }] });
  await store.s3.send(new sdk.PutBucketPolicyCommand({ Bucket: "guests", Policy }));
});
afterAll(() => asGuest.destroy());
beforeEach(async () => {
  await media.send(sdk.DeleteBucketPolicyCommand, {});
  await media.send(sdk.PutBucketAclCommand, { ACL: "private" });
});

const allow = (Action: string | string[], more: object = {}) => ({ Effect: "Allow", Principal: "*", Action, ...more });
const set = (...Statement: object[]) =>
  media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
const toRead = { ...allow(["s3:GetObject*"]), Resource: `${arn}/*` };
const toList = { ...allow("s3:ListBucket"), Resource: arn };

/** Everything that names a version, of a key that has none. */
const asks: Record<string, (Key: string) => Promise<unknown>> = {
  GET: (Key) => media.send(sdk.GetObjectCommand, { Key }, asGuest),
  HEAD: (Key) => media.send(sdk.HeadObjectCommand, { Key }, asGuest),
  "GET of a version": (Key) => media.send(sdk.GetObjectCommand, { Key, VersionId: notThere }, asGuest),
  "HEAD of a version": (Key) => media.send(sdk.HeadObjectCommand, { Key, VersionId: notThere }, asGuest),
  tags: (Key) => media.send(sdk.GetObjectTaggingCommand, { Key }, asGuest),
  "new tags": (Key) => media.send(sdk.PutObjectTaggingCommand, { Key, Tagging: { TagSet: [] } }, asGuest),
  ACL: (Key) => media.send(sdk.GetObjectAclCommand, { Key }, asGuest),
  "new ACL": (Key) => media.send(sdk.PutObjectAclCommand, { Key, ACL: "private" }, asGuest),
  attributes: (Key) => media.send(sdk.GetObjectAttributesCommand, { Key, ObjectAttributes: ["ETag"] }, asGuest),
  "source of a copy": (Key) =>
    asGuest.send(new sdk.CopyObjectCommand({ Bucket: "guests", Key: "to", CopySource: `media/${Key}` })),
  "source of a copy by version": (Key) =>
    asGuest.send(
      new sdk.CopyObjectCommand({ Bucket: "guests", Key: "to", CopySource: `media/${Key}?versionId=${notThere}` }),
    ),
};
const statusOf = async (attempt: Promise<unknown>) => Number((await refusal(attempt)).slice(0, 3));
async function everyStatus(key: string): Promise<Set<number>> {
  return new Set(await Promise.all(Object.values(asks).map((ask) => statusOf(ask(key)))));
}

describe("a missing key", () => {
  it.each(["missing", "deleted"])("is 403 for those who may read but not list: %s", async (key) => {
    await set(toRead);
    expect(await everyStatus(key)).toEqual(new Set([403]));
    expect(await refusal(media.send(sdk.GetObjectCommand, { Key: "there" }, asGuest))).toBe("accepted");
  });

  it.each([
    ["missing", [404]],
    ["deleted", [404, 405]], // a delete marker takes no tags and no ACL
  ])("is 404 for those who may list by policy, whether or not they may read: %s", async (key, told) => {
    await set(toList, toRead);
    expect(await everyStatus(key)).toEqual(new Set(told));
    await set(toList);
    expect(await everyStatus(key)).toEqual(new Set(told));
    expect(await statusOf(media.send(sdk.GetObjectCommand, { Key: "there" }, asGuest))).toBe(403);
  });

  it("is 404 for those who may list by ACL", async () => {
    await media.send(sdk.PutBucketAclCommand, { ACL: "public-read" });
    expect(await everyStatus("missing")).toEqual(new Set([404]));
    expect((await raw("GET", media.url("missing"))).status).toBe(404);
    expect((await raw("GET", media.url("there"))).status).toBe(403);
  });

  it("is 403 where reading it is denied", async () => {
    await set(toList, { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `${arn}/missing` });
    expect(await everyStatus("missing")).toEqual(new Set([403]));
  });

  it("is told by the prefix that may be listed, whatever a request says that is no list", async () => {
    await set({ ...toList, Condition: { StringLike: { "s3:prefix": "open/*" } } });
    expect(await everyStatus("open/missing")).toEqual(new Set([404]));
    expect(await everyStatus("secret/missing")).toEqual(new Set([403]));
    const forged = await raw("GET", `${media.url("secret/missing")}?prefix=open/x`);
    expect(forged).toMatchObject({ status: 403, code: "AccessDenied" });
  });
});

describe("a delete marker", () => {
  it("shows itself to those who may list alone", async () => {
    const url = `${media.url("deleted")}?versionId=${marker}`;
    await set({ ...toRead, Action: ["s3:GetObject", "s3:GetObjectVersion"] });
    const hidden = [await raw("GET", url), await raw("GET", media.url("deleted"))];
    expect(hidden.map(({ status, headers }) => [status, headers["x-amz-delete-marker"]])).toEqual([
      [403, undefined],
      [403, undefined],
    ]);
    await set(toList);
    const shown = [await raw("GET", url), await raw("GET", media.url("deleted"))];
    expect(shown.map(({ status, headers }) => [status, headers["x-amz-delete-marker"]])).toEqual([
      [405, "true"],
      [404, "true"],
    ]);
  });
});
