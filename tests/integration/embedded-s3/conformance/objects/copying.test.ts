import { randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { filesBelow, guest, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const archive = bucketIn(store, "archive");
const copy = (Key: string, input: Partial<sdk.CopyObjectCommandInput> = {}, into = media) =>
  into.send(sdk.CopyObjectCommand, { Key, CopySource: "media/source", ...input });

beforeAll(async () => {
  await media.put("source", "copyme", {
    ContentType: "text/a",
    CacheControl: "max-age=1",
    Metadata: { m: "1" },
    Tagging: "kind=raw",
  });
});

describe("a copy", () => {
  it("has its source's bytes, ETag, headers, metadata and tags", async () => {
    const { ETag } = await media.head("source");
    const answer = await copy("same");
    expect(answer.CopyObjectResult).toMatchObject({ ETag, LastModified: expect.any(Date) });
    expect(await media.text("same")).toBe("copyme");
    const head = await media.head("same");
    expect(head).toMatchObject({ ETag, ContentType: "text/a", CacheControl: "max-age=1", Metadata: { m: "1" } });
    const { TagSet } = await media.send(sdk.GetObjectTaggingCommand, { Key: "same" });
    expect(TagSet).toEqual([{ Key: "kind", Value: "raw" }]);
  });

  it("with REPLACE has what the request says, and nothing of its source's", async () => {
    await copy("replaced", {
      MetadataDirective: "REPLACE",
      ContentType: "text/b",
      Metadata: { n: "2" },
      TaggingDirective: "REPLACE",
      Tagging: "other=tag",
    });
    const head = await media.head("replaced");
    expect(head).toMatchObject({ ContentType: "text/b", Metadata: { n: "2" } });
    expect(head.Metadata).toEqual({ n: "2" });
    expect(head.CacheControl).toBeUndefined();
    const { TagSet } = await media.send(sdk.GetObjectTaggingCommand, { Key: "replaced" });
    expect(TagSet).toEqual([{ Key: "other", Value: "tag" }]);
    expect(await media.text("replaced")).toBe("copyme");
  });

  it("without REPLACE passes over what the request says", async () => {
    await copy("kept", { ContentType: "text/b", Metadata: { n: "2" } });
    expect(await media.head("kept")).toMatchObject({ ContentType: "text/a", Metadata: { m: "1" } });
  });

  it("goes into another bucket, from a key with any characters", async () => {
    for (const key of ["a+b & c=d?.txt", "p%25ct", "ü/ñ 日本"]) {
      await media.put(key, key);
      await copy("copied", { CopySource: encodeURIComponent(`media/${key}`) }, archive);
      expect(await archive.text("copied")).toBe(key);
    }
  });

  it("onto itself needs a change", async () => {
    await media.put("self", "x", { Metadata: { a: "1" } });
    expect(await refusal(copy("self", { CopySource: "media/self" }))).toBe("400 InvalidRequest");
    await copy("self", { CopySource: "media/self", MetadataDirective: "REPLACE", Metadata: { a: "2" } });
    expect(await media.head("self")).toMatchObject({ Metadata: { a: "2" } });
    expect(await media.text("self")).toBe("x");
  });

  it("shares a large object's file and outlives its source", async () => {
    const files = async () => (await filesBelow(store.dataDir, "blobs")).length;
    const body = randomBytes(200_000);
    const none = await files();
    await media.put("large", body);
    await copy("large-copy", { CopySource: "media/large" }, archive);
    expect(await files()).toBe(none + 1);
    await media.send(sdk.DeleteObjectCommand, { Key: "large" });
    expect((await archive.bytes("large-copy")).equals(body)).toBe(true);
    await archive.send(sdk.DeleteObjectCommand, { Key: "large-copy" });
    await expect.poll(files).toBe(none);
  });
});

describe("a copy is refused", () => {
  it.each([
    ["of a missing key", "media/nothing", "404 NoSuchKey"],
    ["from a missing bucket", "nowhere/source", "404 NoSuchBucket"],
    ["of a source without a key", "media", "400 InvalidArgument"],
    ["of a source that is badly encoded", "media/%zz", "400 InvalidArgument"],
    ["of a version that cannot be one", "media/source?versionId=nonsense", "400 InvalidArgument"],
    ["of a version that is not there", `media/source?versionId=${"0".repeat(32)}`, "404 NoSuchVersion"],
  ])("%s", async (_, CopySource, outcome) => {
    expect(await refusal(copy("refused", { CopySource }))).toBe(outcome);
    expect(await refusal(media.get("refused"))).toBe("404 NoSuchKey");
  });

  it("to whom may not read the source, or not write the copy", async () => {
    const asGuest = store.client({ credentials: guest });
    await asGuest.send(new sdk.CreateBucketCommand({ Bucket: "guests" }));
    const into = (Bucket: string, CopySource: string) =>
      refusal(asGuest.send(new sdk.CopyObjectCommand({ Bucket, Key: "x", CopySource })));
    expect(await into("guests", "media/source")).toBe("403 AccessDenied");
    await asGuest.send(new sdk.PutObjectCommand({ Bucket: "guests", Key: "own", Body: "x" }));
    expect(await into("media", "guests/own")).toBe("403 AccessDenied");
    expect(await into("guests", "guests/own")).toBe("accepted");
    asGuest.destroy();
  });

  it("from a bucket of another owner than expected", async () => {
    const from = async (owner: string) => {
      const headers = { "x-amz-copy-source": "media/source", "x-amz-source-expected-bucket-owner": owner };
      return (await signedRaw("PUT", media.url("expected"), { headers })).code;
    };
    expect(await from("111122223333")).toBe("AccessDenied");
    expect(await from("000000000000")).toBeUndefined();
  });

  it("with a directive that is none", async () => {
    const headers = { "x-amz-copy-source": "media/source", "x-amz-metadata-directive": "MERGE" };
    expect(await signedRaw("PUT", media.url("x"), { headers })).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
  });
});
