import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
const media = bucketIn(store, "media");
const versioned = bucketIn(store, "versioned");
const other = '"0123456789abcdef0123456789abcdef"';
/** MD5 of "one". */
const etag = '"f97c5d29941bfb1b2fdab0874906ab82"';
const httpDate = (time: number) => new Date(time).toUTCString();
let modifiedAt: number;
const hour = 3_600_000;

beforeAll(async () => {
  expect((await media.put("read", "one")).ETag).toBe(etag);
  modifiedAt = (await media.head("read")).LastModified?.getTime() ?? 0;
});

describe("a conditional read", () => {
  /** Answers as RFC 9110, 13.2.2 orders them: If-Match goes before dates, and so does If-None-Match. */
  const cases: [string, () => Record<string, string>, number][] = [
    ["If-None-Match, the same", () => ({ "if-none-match": etag }), 304],
    ["If-None-Match, the same without quotes", () => ({ "if-none-match": etag.replaceAll('"', "") }), 304],
    ["If-None-Match, one of several", () => ({ "if-none-match": `${other}, ${etag}` }), 304],
    ["If-None-Match, weak", () => ({ "if-none-match": `W/${etag}` }), 304],
    ["If-None-Match, any", () => ({ "if-none-match": "*" }), 304],
    ["If-None-Match, another", () => ({ "if-none-match": other }), 200],
    ["If-Match, the same", () => ({ "if-match": etag }), 200],
    ["If-Match, any", () => ({ "if-match": "*" }), 200],
    ["If-Match, another", () => ({ "if-match": other }), 412],
    ["If-Modified-Since, then", () => ({ "if-modified-since": httpDate(modifiedAt) }), 304],
    ["If-Modified-Since, before", () => ({ "if-modified-since": httpDate(modifiedAt - hour) }), 200],
    ["If-Modified-Since, no date", () => ({ "if-modified-since": "yesterday" }), 200],
    ["If-Unmodified-Since, then", () => ({ "if-unmodified-since": httpDate(modifiedAt) }), 200],
    ["If-Unmodified-Since, before", () => ({ "if-unmodified-since": httpDate(modifiedAt - hour) }), 412],
    [
      "If-Match, the same, although modified since",
      () => ({ "if-match": etag, "if-unmodified-since": httpDate(modifiedAt - hour) }),
      200,
    ],
    [
      "If-None-Match, another, although not modified since",
      () => ({ "if-none-match": other, "if-modified-since": httpDate(modifiedAt) }),
      200,
    ],
    [
      "If-None-Match, the same, although modified since",
      () => ({ "if-none-match": etag, "if-modified-since": httpDate(modifiedAt - hour) }),
      304,
    ],
  ];

  it.each(cases)("%s", async (_, headers, status) => {
    const get = await raw("GET", await media.sign(sdk.GetObjectCommand, { Key: "read" }), { headers: headers() });
    const head = await raw("HEAD", await media.sign(sdk.HeadObjectCommand, { Key: "read" }), { headers: headers() });
    expect([get.status, head.status]).toEqual([status, status]);
    if (status === 200) expect(get.text).toBe("one");
    if (status === 412) expect(get.code).toBe("PreconditionFailed");
    if (status !== 304) return;
    expect(get.text).toBe("");
    expect(get.headers).toMatchObject({ etag, "last-modified": httpDate(modifiedAt) });
  });

  it("names the condition that failed", async () => {
    const url = await media.sign(sdk.GetObjectCommand, { Key: "read" });
    const answer = await raw("GET", url, { headers: { "if-match": other } });
    expect(answer.text).toContain("<Condition>If-Match</Condition>");
  });
});

describe("a conditional write", () => {
  it("If-None-Match: * creates and never replaces", async () => {
    await media.put("fresh", "1", { IfNoneMatch: "*" });
    expect(await refusal(media.put("fresh", "2", { IfNoneMatch: "*" }))).toBe("412 PreconditionFailed");
    expect(await media.text("fresh")).toBe("1");
  });

  it("If-None-Match: * lets one of thirty that race create it", async () => {
    const racers = Array.from({ length: 30 }, (_, i) => refusal(media.put("raced", String(i), { IfNoneMatch: "*" })));
    const outcomes = await Promise.all(racers);
    const winner = outcomes.indexOf("accepted");
    expect(outcomes.filter((_, i) => i !== winner)).toEqual(Array.from({ length: 29 }, () => "412 PreconditionFailed"));
    expect(await media.text("raced")).toBe(String(winner));
  });

  it("If-None-Match takes nothing but *", async () => {
    expect(await refusal(media.put("fresh", "2", { IfNoneMatch: etag }))).toBe("501 NotImplemented");
  });

  it("If-Match replaces the very object it names, with or without quotes", async () => {
    const { ETag = "" } = await media.put("matched", "1");
    const second = await media.put("matched", "2", { IfMatch: ETag });
    expect(await refusal(media.put("matched", "3", { IfMatch: ETag }))).toBe("412 PreconditionFailed");
    expect(await media.text("matched")).toBe("2");
    await media.put("matched", "4", { IfMatch: second.ETag?.replaceAll('"', "") });
    expect(await media.text("matched")).toBe("4");
  });

  it("If-Match on nothing is a 404, and makes nothing", async () => {
    expect(await refusal(media.put("absent", "1", { IfMatch: other }))).toBe("404 NoSuchKey");
    expect(await refusal(media.get("absent"))).toBe("404 NoSuchKey");
  });

  it("counts for the completion of a multipart upload", async () => {
    await media.put("completed", "old");
    const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key: "completed" });
    const part = { Key: "completed", UploadId, PartNumber: 1 };
    const { ETag } = await media.send(sdk.UploadPartCommand, { ...part, Body: "new" });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const complete = (condition: Partial<sdk.CompleteMultipartUploadCommandInput>) =>
      refusal(
        media.send(sdk.CompleteMultipartUploadCommand, { Key: "completed", UploadId, MultipartUpload, ...condition }),
      );
    expect(await complete({ IfNoneMatch: "*" })).toBe("412 PreconditionFailed");
    expect(await complete({ IfMatch: other })).toBe("412 PreconditionFailed");
    expect(await media.text("completed")).toBe("old");
    expect(await complete({ IfMatch: '"149603e6c03516362a8da23f624db945"' })).toBe("accepted");
    expect(await media.text("completed")).toBe("new");
  });

  it("If-Match deletes the very object it names", async () => {
    const { ETag } = await media.put("deleted", "1");
    const remove = (IfMatch: string | undefined) =>
      refusal(media.send(sdk.DeleteObjectCommand, { Key: "deleted", IfMatch }));
    expect(await remove(other)).toBe("412 PreconditionFailed");
    expect(await media.text("deleted")).toBe("1");
    expect(await remove(ETag)).toBe("accepted");
    expect(await refusal(media.get("deleted"))).toBe("404 NoSuchKey");
  });

  it("If-None-Match: * takes a delete marker for nothing", async () => {
    await versioned.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    await versioned.put("k", "1");
    await versioned.send(sdk.DeleteObjectCommand, { Key: "k" });
    expect(await refusal(versioned.put("k", "2", { IfMatch: other }))).toBe("404 NoSuchKey");
    await versioned.put("k", "2", { IfNoneMatch: "*" });
    expect(await versioned.text("k")).toBe("2");
  });
});

describe("a conditional copy", () => {
  const copy = (input: Partial<sdk.CopyObjectCommandInput>) =>
    refusal(media.send(sdk.CopyObjectCommand, { Key: "copy", CopySource: "media/read", ...input }));

  it.each<[string, () => Partial<sdk.CopyObjectCommandInput>, string]>([
    ["if-match, the same", () => ({ CopySourceIfMatch: etag }), "accepted"],
    ["if-match, another", () => ({ CopySourceIfMatch: other }), "412 PreconditionFailed"],
    ["if-none-match, another", () => ({ CopySourceIfNoneMatch: other }), "accepted"],
    ["if-none-match, the same", () => ({ CopySourceIfNoneMatch: etag }), "412 PreconditionFailed"],
    ["if-modified-since, then", () => ({ CopySourceIfModifiedSince: new Date(modifiedAt) }), "412 PreconditionFailed"],
    ["if-modified-since, before", () => ({ CopySourceIfModifiedSince: new Date(modifiedAt - hour) }), "accepted"],
    [
      "if-unmodified-since, before",
      () => ({ CopySourceIfUnmodifiedSince: new Date(modifiedAt - hour) }),
      "412 PreconditionFailed",
    ],
  ])("of its source: %s", async (_, condition, outcome) => {
    await media.send(sdk.DeleteObjectCommand, { Key: "copy" });
    expect(await copy(condition())).toBe(outcome);
    expect(await refusal(media.get("copy"))).toBe(outcome === "accepted" ? "accepted" : "404 NoSuchKey");
  });

  it("of its destination", async () => {
    await media.put("copy", "there");
    expect(await copy({ IfNoneMatch: "*" })).toBe("412 PreconditionFailed");
    expect(await media.text("copy")).toBe("there");
  });
});
