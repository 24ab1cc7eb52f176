import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, raw, refusal, startStore, type TestStore } from "./harness";

let store: TestStore;
const Bucket = "media";
const send = <I extends object, O extends object>(command: sdk.$Command<I, O, sdk.S3ClientResolvedConfig> | object) =>
  store.s3.send(command as never) as Promise<O>;
const put = (Key: string, Body: Buffer | string, input: Partial<sdk.PutObjectCommandInput> = {}) =>
  store.s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ...input }));
const get = (Key: string, input: Partial<sdk.GetObjectCommandInput> = {}) =>
  store.s3.send(new sdk.GetObjectCommand({ Bucket, Key, ...input }));
const bytesOf = async (answer: sdk.GetObjectCommandOutput) =>
  Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
const md5 = (bytes: Buffer | string) => createHash("md5").update(bytes).digest("hex");

beforeAll(async () => {
  store = await startStore();
  await store.s3.send(new sdk.CreateBucketCommand({ Bucket }));
});
afterAll(() => store.stop());

describe("bodies", () => {
  it.each([0, 1, 4096, 32 * 1024, 32 * 1024 + 1, 700_001, 6_000_000])("of %d bytes come back whole", async (size) => {
    const body = randomBytes(size);
    const { ETag } = await put(`size/${size}`, body);
    expect(ETag).toBe(`"${md5(body)}"`);
    const answer = await get(`size/${size}`);
    expect(answer.ContentLength).toBe(size);
    expect((await bytesOf(answer)).equals(body)).toBe(true);
    if (size > 100) {
      const range = await get(`size/${size}`, { Range: `bytes=${size - 100}-` });
      expect((await bytesOf(range)).equals(body.subarray(size - 100))).toBe(true);
      expect(range.ContentRange).toBe(`bytes ${size - 100}-${size - 1}/${size}`);
    }
  });

  it("sent as a stream, with and without a trailing checksum, come back whole", async () => {
    const body = randomBytes(300_001);
    const stream = () =>
      Readable.from(
        (function* () {
          for (let i = 0; i < body.length; i += 65_536) yield body.subarray(i, i + 65_536);
        })(),
      );
    for (const requestChecksumCalculation of ["WHEN_SUPPORTED", "WHEN_REQUIRED"] as const) {
      const client = store.client({ requestChecksumCalculation });
      await client.send(
        new sdk.PutObjectCommand({ Bucket, Key: "streamed", Body: stream(), ContentLength: body.length }),
      );
      const answer = await get("streamed");
      expect(answer.ContentEncoding).toBeUndefined();
      expect((await bytesOf(answer)).equals(body)).toBe(true);
    }
  });

  it.each<[string, Partial<sdk.PutObjectCommandInput>, string]>([
    ["Content-MD5", { ContentMD5: createHash("md5").update("other").digest("base64") }, "400 BadDigest"],
    ["CRC32", { ChecksumCRC32: "AAAAAA==" }, "400 BadDigest"],
    ["CRC32C", { ChecksumCRC32C: "AAAAAA==" }, "400 BadDigest"],
    ["CRC64NVME", { ChecksumCRC64NVME: "AAAAAAAAAAA=" }, "400 BadDigest"],
    ["SHA1", { ChecksumSHA1: createHash("sha1").update("other").digest("base64") }, "400 BadDigest"],
    ["SHA256", { ChecksumSHA256: createHash("sha256").update("other").digest("base64") }, "400 BadDigest"],
  ])("with another %s are refused and leave nothing", async (_, input, code) => {
    expect(await refusal(put("bad", randomBytes(100_000), input))).toBe(code);
    expect(await refusal(get("bad"))).toBe("404 NoSuchKey");
    expect(await filesBelow(store.dataDir, "tmp")).toEqual([]);
  });

  it("with a right checksum give it back when asked", async () => {
    const ChecksumSHA256 = createHash("sha256").update("abc").digest("base64");
    await put("sum", "abc", { ChecksumSHA256 });
    const head = await store.s3.send(new sdk.HeadObjectCommand({ Bucket, Key: "sum", ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ ChecksumSHA256, ChecksumType: "FULL_OBJECT" });
  });
});

describe("keys and headers", () => {
  it("odd keys are all different and listed in the order of their bytes", async () => {
    await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "odd-keys" }));
    const keys = [
      "a",
      "a/",
      "a/b",
      "a//b",
      "CASE",
      "case",
      "ü/ñ 日本",
      "a+b & c=d?",
      "q'uote\"x",
      "p%25ct",
      "..",
      "../x",
      "😀",
      "～",
      "x".repeat(1024),
      "tab\there",
    ];
    for (const Key of keys) await store.s3.send(new sdk.PutObjectCommand({ Bucket: "odd-keys", Key, Body: Key }));
    for (const Key of keys) {
      const answer = await store.s3.send(new sdk.GetObjectCommand({ Bucket: "odd-keys", Key }));
      expect(await answer.Body?.transformToString()).toBe(Key);
    }
    const listed = await store.s3.send(new sdk.ListObjectsV2Command({ Bucket: "odd-keys", EncodingType: "url" }));
    const names = listed.Contents?.map((one) => decodeURIComponent(one.Key ?? ""));
    expect(names).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(await refusal(store.s3.send(new sdk.PutObjectCommand({ Bucket, Key: "x".repeat(1025), Body: "" })))).toBe(
      "400 KeyTooLongError",
    );
  });

  it("system headers and user metadata come back; what is not done is refused", async () => {
    await put("meta", "x", {
      ContentType: "text/a",
      CacheControl: "max-age=1",
      ContentDisposition: "inline",
      ContentLanguage: "de",
      Metadata: { "foo-bar": "baz" },
    });
    expect(await store.s3.send(new sdk.HeadObjectCommand({ Bucket, Key: "meta" }))).toMatchObject({
      ContentType: "text/a",
      CacheControl: "max-age=1",
      ContentDisposition: "inline",
      ContentLanguage: "de",
      Metadata: { "foo-bar": "baz" },
      AcceptRanges: "bytes",
    });
    expect(await refusal(put("meta", "x", { ServerSideEncryption: "aws:kms" }))).toBe("501 NotImplemented");
    expect(await refusal(put("meta", "x", { StorageClass: "GLACIER" }))).toBe("501 NotImplemented");
    expect(await refusal(put("meta", "x", { Metadata: { a: "x".repeat(2048) } }))).toBe("400 MetadataTooLarge");
  });
});

describe("conditions", () => {
  it("on reads", async () => {
    const { ETag } = await put("cond", "1");
    expect(await refusal(get("cond", { IfNoneMatch: ETag }))).toMatch(/^304/);
    expect(await refusal(get("cond", { IfMatch: '"0"' }))).toBe("412 PreconditionFailed");
    expect(await refusal(get("cond", { Range: "bytes=5-" }))).toBe("416 InvalidRange");
  });

  it("on writes, also when thirty race for one key: one wins", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => refusal(put("raced", String(i), { IfNoneMatch: "*" }))),
    );
    expect(outcomes.filter((one) => one === "accepted")).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(["accepted", "412 PreconditionFailed"]));
    const { ETag } = await put("cond", "2");
    await put("cond", "3", { IfMatch: ETag });
    expect(await refusal(put("cond", "4", { IfMatch: ETag }))).toBe("412 PreconditionFailed");
    expect(await refusal(put("absent", "4", { IfMatch: ETag }))).toBe("404 NoSuchKey");
  });
});

describe("many objects", () => {
  it("are listed in pages and deleted at once", async () => {
    await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "many" }));
    const keys = Array.from({ length: 25 }, (_, i) => `d${i % 3}/${String(i).padStart(3, "0")}`).sort();
    await Promise.all(keys.map((Key) => store.s3.send(new sdk.PutObjectCommand({ Bucket: "many", Key, Body: "x" }))));
    const listed: string[] = [];
    for (let ContinuationToken: string | undefined, more = true; more; ) {
      const page: sdk.ListObjectsV2CommandOutput = await store.s3.send(
        new sdk.ListObjectsV2Command({ Bucket: "many", MaxKeys: 10, ContinuationToken }),
      );
      listed.push(...(page.Contents?.map((one) => one.Key ?? "") ?? []));
      [ContinuationToken, more] = [page.NextContinuationToken, page.IsTruncated ?? false];
    }
    expect(listed).toEqual(keys);
    const folders = await store.s3.send(new sdk.ListObjectsCommand({ Bucket: "many", Delimiter: "/", MaxKeys: 2 }));
    expect(folders).toMatchObject({
      CommonPrefixes: [{ Prefix: "d0/" }, { Prefix: "d1/" }],
      IsTruncated: true,
      NextMarker: "d1/",
    });
    expect(await refusal(store.s3.send(new sdk.DeleteBucketCommand({ Bucket: "many" })))).toBe("409 BucketNotEmpty");
    const deleted = await store.s3.send(
      new sdk.DeleteObjectsCommand({ Bucket: "many", Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    expect(deleted.Deleted).toHaveLength(25);
    expect(deleted.Errors).toBeUndefined();
    await store.s3.send(new sdk.DeleteBucketCommand({ Bucket: "many" }));
    expect(await refusal(store.s3.send(new sdk.HeadBucketCommand({ Bucket: "many" })))).toMatch(/^404/);
  });
});

describe("copies and parts", () => {
  it("a copy shares a large object's bytes and outlives its source", async () => {
    const body = randomBytes(200_000);
    await put("source", body, { ContentType: "text/a", Metadata: { m: "1" } });
    const before = (await filesBelow(store.dataDir, "blobs")).length;
    await store.s3.send(new sdk.CopyObjectCommand({ Bucket, Key: "kept", CopySource: `${Bucket}/source` }));
    await store.s3.send(
      new sdk.CopyObjectCommand({
        Bucket,
        Key: "new",
        CopySource: `${Bucket}/source`,
        MetadataDirective: "REPLACE",
        ContentType: "text/b",
      }),
    );
    expect((await filesBelow(store.dataDir, "blobs")).length).toBe(before);
    await store.s3.send(new sdk.DeleteObjectCommand({ Bucket, Key: "source" }));
    expect(await store.s3.send(new sdk.HeadObjectCommand({ Bucket, Key: "kept" }))).toMatchObject({
      ContentType: "text/a",
      Metadata: { m: "1" },
    });
    const replaced = await get("new");
    expect(replaced).toMatchObject({ ContentType: "text/b", Metadata: {} });
    expect((await bytesOf(replaced)).equals(body)).toBe(true);
    expect(
      await refusal(
        store.s3.send(
          new sdk.CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/new`, CopySourceIfMatch: '"0"' }),
        ),
      ),
    ).toBe("412 PreconditionFailed");
    for (const Key of ["kept", "new"]) await store.s3.send(new sdk.DeleteObjectCommand({ Bucket, Key }));
    await expect.poll(async () => (await filesBelow(store.dataDir, "blobs")).length).toBe(before - 1);
  });

  it("a multipart upload becomes one object with S3's ETag, read by range and by part", async () => {
    const parts = [randomBytes(5 * 1024 * 1024), randomBytes(70_000)];
    const { UploadId } = await store.s3.send(
      new sdk.CreateMultipartUploadCommand({ Bucket, Key: "parts", ContentType: "x/y" }),
    );
    const Parts: sdk.CompletedPart[] = [];
    for (const [i, Body] of parts.entries()) {
      const { ETag } = await store.s3.send(
        new sdk.UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: i + 1, Body }),
      );
      Parts.push({ ETag, PartNumber: i + 1 });
    }
    const complete = (chosen: sdk.CompletedPart[]) =>
      store.s3.send(
        new sdk.CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts: chosen } }),
      );
    expect(await refusal(complete([...Parts].reverse()))).toBe("400 InvalidPartOrder");
    expect(await refusal(complete([{ PartNumber: 1, ETag: '"0"' }]))).toBe("400 InvalidPart");
    const { ETag } = await complete(Parts);
    expect(ETag).toBe(`"${md5(Buffer.concat(parts.map((part) => Buffer.from(md5(part), "hex"))))}-2"`);
    const whole = Buffer.concat(parts);
    expect((await bytesOf(await get("parts"))).equals(whole)).toBe(true);
    const across = await get("parts", { Range: `bytes=${5 * 1024 * 1024 - 10}-${5 * 1024 * 1024 + 9}` });
    expect((await bytesOf(across)).equals(whole.subarray(5 * 1024 * 1024 - 10, 5 * 1024 * 1024 + 10))).toBe(true);
    expect((await bytesOf(await get("parts", { PartNumber: 2 }))).equals(parts[1] ?? Buffer.alloc(0))).toBe(true);
    expect(await refusal(complete(Parts))).toBe("404 NoSuchUpload");
  });

  it("a small part that is not the last is refused, and an aborted upload leaves no file", async () => {
    const { UploadId } = await store.s3.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key: "small" }));
    const before = (await filesBelow(store.dataDir, "blobs")).length;
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const { ETag } = await store.s3.send(
        new sdk.UploadPartCommand({ Bucket, Key: "small", UploadId, PartNumber, Body: randomBytes(50_000) }),
      );
      Parts.push({ ETag, PartNumber });
    }
    expect(
      await refusal(
        store.s3.send(
          new sdk.CompleteMultipartUploadCommand({ Bucket, Key: "small", UploadId, MultipartUpload: { Parts } }),
        ),
      ),
    ).toBe("400 EntityTooSmall");
    await store.s3.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key: "small", UploadId }));
    await expect.poll(async () => (await filesBelow(store.dataDir, "blobs")).length).toBe(before);
  });
});

describe("what is not implemented", () => {
  it.each([
    [
      "bucket notifications",
      () => new sdk.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }),
    ],
    ["bucket encryption", () => new sdk.GetBucketEncryptionCommand({ Bucket })],
    ["object lock", () => new sdk.GetObjectLockConfigurationCommand({ Bucket })],
    ["website", () => new sdk.GetBucketWebsiteCommand({ Bucket })],
    ["torrent", () => new sdk.GetObjectTorrentCommand({ Bucket, Key: "meta" })],
    ["bucket tagging", () => new sdk.GetBucketTaggingCommand({ Bucket })],
  ])("%s says so", async (_, command) => {
    expect(await refusal(send(command()))).toBe("501 NotImplemented");
  });

  it("and unknown methods are refused", async () => {
    expect(await raw("PATCH", `${store.endpoint}/${Bucket}/meta`)).toMatchObject({
      status: 405,
      code: "MethodNotAllowed",
    });
  });
});
