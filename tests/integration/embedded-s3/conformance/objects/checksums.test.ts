import { createHash, randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { filesBelow, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("base64");

/** Checksums of "123456789": the CRC catalogue's check values, and hashes by Node. */
const right = {
  ChecksumCRC32: "y/Q5Jg==",
  ChecksumCRC32C: "4waSgw==",
  ChecksumCRC64NVME: "rosUhgp5mIg=",
  ChecksumSHA1: hash("sha1", "123456789"),
  ChecksumSHA256: hash("sha256", "123456789"),
} as const;
const fields = Object.keys(right) as (keyof typeof right)[];

describe("a checksum that fits", () => {
  it.each(fields)("%s is answered, kept, and given back when asked for", async (field) => {
    const checksum = { [field]: right[field] };
    const full = { ...checksum, ChecksumType: "FULL_OBJECT" };
    expect(await media.put(field, "123456789", checksum)).toMatchObject(full);
    expect(await media.head(field, { ChecksumMode: "ENABLED" })).toMatchObject(full);
    const answer = await media.get(field, { ChecksumMode: "ENABLED" });
    expect(answer).toMatchObject(full);
    expect(await answer.Body?.transformToString()).toBe("123456789");
    expect((await media.head(field))[field]).toBeUndefined();
    const { Contents } = await media.send(sdk.ListObjectsV2Command, { Prefix: field });
    expect(Contents?.find((one) => one.Key === field)?.ChecksumAlgorithm).toEqual([field.replace("Checksum", "")]);
  });

  it("is not given for a part of the object", async () => {
    await media.put("ranged", "123456789", { ChecksumSHA256: right.ChecksumSHA256 });
    const { ChecksumSHA256 } = await media.get("ranged", { Range: "bytes=0-3", ChecksumMode: "ENABLED" });
    expect(ChecksumSHA256).toBeUndefined();
  });

  it("goes with a copy", async () => {
    await media.put("source", "123456789", { ChecksumSHA1: right.ChecksumSHA1 });
    const { CopyObjectResult } = await media.send(sdk.CopyObjectCommand, { Key: "copy", CopySource: "media/source" });
    expect(CopyObjectResult?.ChecksumSHA1).toBe(right.ChecksumSHA1);
    expect((await media.head("copy", { ChecksumMode: "ENABLED" })).ChecksumSHA1).toBe(right.ChecksumSHA1);
  });

  it("by Content-MD5 lets the object in", async () => {
    await media.put("md5", "abc", { ContentMD5: hash("md5", "abc") });
    expect(await media.text("md5")).toBe("abc");
  });
});

describe("a checksum that does not fit", () => {
  const wrong: [string, Partial<sdk.PutObjectCommandInput>][] = [
    ["Content-MD5", { ContentMD5: hash("md5", "other") }],
    ...fields.map((field): [string, Partial<sdk.PutObjectCommandInput>] => [field, { [field]: right[field] }]),
  ];

  it.each(wrong)("%s is a BadDigest and leaves nothing, small or large", async (_, checksum) => {
    for (const size of [1000, 100_000]) {
      expect(await refusal(media.put("bad", randomBytes(size), checksum))).toBe("400 BadDigest");
      expect(await refusal(media.get("bad"))).toBe("404 NoSuchKey");
      expect(await filesBelow(store.dataDir, "tmp")).toEqual([]);
    }
  });

  it("leaves the object that was there", async () => {
    await media.put("kept", "before");
    expect(await refusal(media.put("kept", "after", { ChecksumCRC32: "AAAAAA==" }))).toBe("400 BadDigest");
    expect(await media.text("kept")).toBe("before");
  });

  it("refuses a part of an upload", async () => {
    const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key: "parts" });
    const part = { Key: "parts", UploadId, PartNumber: 1, Body: "abc" };
    for (const checksum of [{ ContentMD5: hash("md5", "x") }, { ChecksumSHA256: hash("sha256", "x") }]) {
      expect(await refusal(media.send(sdk.UploadPartCommand, { ...part, ...checksum }))).toBe("400 BadDigest");
    }
    const { Parts } = await media.send(sdk.ListPartsCommand, { Key: "parts", UploadId });
    expect(Parts).toBeUndefined();
  });

  it.each([
    ["MD5", { "content-md5": hash("md5", "x") }],
    ["SHA-256", { "x-amz-checksum-sha256": hash("sha256", "x") }],
    ["CRC64NVME", { "x-amz-checksum-crc64nvme": right.ChecksumCRC64NVME }],
  ])("refuses a configuration, by %s", async (_, headers) => {
    const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    const answer = await signedRaw("PUT", media.url("", "versioning"), { headers, body });
    expect(answer).toMatchObject({ status: 400, code: "BadDigest" });
    expect((await media.send(sdk.GetBucketVersioningCommand, {})).Status).toBeUndefined();
  });
});

describe("a checksum that is none", () => {
  it.each([
    ["an MD5 of another length", { "content-md5": "AAAA" }, "InvalidDigest"],
    ["an MD5 that is no base64", { "content-md5": "????" }, "InvalidDigest"],
    ["a CRC32 of another length", { "x-amz-checksum-crc32": "AAAA" }, "InvalidRequest"],
    [
      "two at once",
      { "x-amz-checksum-crc32": right.ChecksumCRC32, "x-amz-checksum-sha1": right.ChecksumSHA1 },
      "InvalidRequest",
    ],
    ["an algorithm declared without its value", { "x-amz-sdk-checksum-algorithm": "CRC32" }, "InvalidRequest"],
  ])("%s is refused", async (_, headers: Record<string, string>, code) => {
    expect(await signedRaw("PUT", media.url("none"), { headers, body: "123456789" })).toMatchObject({
      status: 400,
      code,
    });
    expect(await refusal(media.get("none"))).toBe("404 NoSuchKey");
  });
});

describe("the answer to the creation of an upload in parts", () => {
  it.each([
    [{ ChecksumAlgorithm: "CRC32" }, "COMPOSITE"],
    [{ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }, "FULL_OBJECT"],
    [{ ChecksumAlgorithm: "SHA256" }, "COMPOSITE"],
    [{ ChecksumAlgorithm: "CRC64NVME" }, "FULL_OBJECT"],
  ] as const)("says which type of checksum will be kept: %j", async (asked, type) => {
    const answer = await media.send(sdk.CreateMultipartUploadCommand, { Key: "typed", ...asked });
    expect(answer).toMatchObject({ ChecksumAlgorithm: asked.ChecksumAlgorithm, ChecksumType: type });
  });
});
