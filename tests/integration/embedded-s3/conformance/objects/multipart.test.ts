import { createHash, randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { filesBelow, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const MIB = 1024 * 1024;
const five = randomBytes(5 * MIB);
const rest = randomBytes(123_457);
const md5 = (bytes: Buffer | string) => createHash("md5").update(bytes).digest();
const quoted = (digest: Buffer) => `"${digest.toString("hex")}"`;
const files = async () => (await filesBelow(store.dataDir, "blobs")).length;

const begin = async (Key: string, input: Partial<sdk.CreateMultipartUploadCommandInput> = {}) =>
  (await media.send(sdk.CreateMultipartUploadCommand, { Key, ...input })).UploadId;
const upload = async (Key: string, UploadId: string | undefined, PartNumber: number, Body: Buffer | string) => {
  const { ETag } = await media.send(sdk.UploadPartCommand, { Key, UploadId, PartNumber, Body });
  return { ETag, PartNumber };
};
const complete = (Key: string, UploadId: string | undefined, Parts: sdk.CompletedPart[], input = {}) =>
  media.send(sdk.CompleteMultipartUploadCommand, { Key, UploadId, MultipartUpload: { Parts }, ...input });

describe("a multipart upload", () => {
  const whole = Buffer.concat([five, rest]);
  const etag = `"${md5(Buffer.concat([md5(five), md5(rest)])).toString("hex")}-2"`;
  let completed: sdk.CompleteMultipartUploadCommandOutput;

  beforeAll(async () => {
    const UploadId = await begin("big", { ContentType: "application/x-big", Metadata: { a: "b" }, Tagging: "k=v" });
    const Parts: sdk.CompletedPart[] = [];
    for (const [i, body] of [five, rest].entries()) {
      const PartNumber = i + 1;
      const url = await media.sign(sdk.UploadPartCommand, { Key: "big", UploadId, PartNumber });
      const answer = await raw("PUT", url, { body });
      expect(answer).toMatchObject({ status: 200, headers: { etag: quoted(md5(body)) } });
      Parts.push({ PartNumber, ETag: answer.headers.etag });
    }
    expect(await refusal(media.get("big"))).toBe("404 NoSuchKey");
    completed = await complete("big", UploadId, Parts);
  });

  it("by presigned parts becomes one object with the headers it began with", async () => {
    const answer = await media.get("big");
    expect(answer).toMatchObject({
      ContentLength: whole.length,
      ContentType: "application/x-big",
      Metadata: { a: "b" },
      TagCount: 1,
    });
    expect(whole.equals(Buffer.from((await answer.Body?.transformToByteArray()) ?? []))).toBe(true);
  });

  it("answers its completion with the ETag of the parts' MD5s, and the place of the object", () => {
    expect(completed).toMatchObject({ Bucket: "media", Key: "big", ETag: etag, Location: media.url("big") });
  });

  it("has that ETag in HEAD and in listings", async () => {
    expect(await media.head("big")).toMatchObject({ ETag: etag, ContentLength: whole.length });
    const { Contents } = await media.send(sdk.ListObjectsV2Command, { Prefix: "big" });
    expect(Contents).toMatchObject([{ Key: "big", ETag: etag, Size: whole.length }]);
  });

  it("is read across the border of its parts", async () => {
    const [start, end] = [5 * MIB - 10, 5 * MIB + 9];
    const across = await media.bytes("big", { Range: `bytes=${start}-${end}` });
    expect(across.equals(whole.subarray(start, end + 1))).toBe(true);
  });

  it("is read part by part, with their number", async () => {
    const { PartsCount, ContentRange } = await media.head("big", { PartNumber: 2 });
    expect({ PartsCount, ContentRange }).toEqual({
      PartsCount: 2,
      ContentRange: `bytes ${5 * MIB}-${whole.length - 1}/${whole.length}`,
    });
    expect((await media.bytes("big", { PartNumber: 2 })).equals(rest)).toBe(true);
    expect(await refusal(media.get("big", { PartNumber: 3 }))).toBe("416 InvalidRange");
  });

  it("ends with its completion, parts that were not named with it", async () => {
    const before = await files();
    const UploadId = await begin("chosen");
    const parts = [await upload("chosen", UploadId, 1, rest), await upload("chosen", UploadId, 7, rest)];
    await complete("chosen", UploadId, parts.slice(1));
    expect((await media.bytes("chosen")).equals(rest)).toBe(true);
    await expect.poll(files).toBe(before + 1);
    expect(await refusal(complete("chosen", UploadId, parts))).toBe("404 NoSuchUpload");
  });

  it("keeps the last of two parts of the same number", async () => {
    const UploadId = await begin("twice");
    const first = await upload("twice", UploadId, 1, "first");
    const second = await upload("twice", UploadId, 1, "second");
    expect(await refusal(complete("twice", UploadId, [first]))).toBe("400 InvalidPart");
    await complete("twice", UploadId, [second]);
    expect(await media.text("twice")).toBe("second");
  });
});

describe("a completion is refused", () => {
  let UploadId: string | undefined;
  let parts: { ETag: string | undefined; PartNumber: number }[];

  beforeAll(async () => {
    UploadId = await begin("refused");
    parts = [await upload("refused", UploadId, 1, rest), await upload("refused", UploadId, 2, rest)];
  });

  it.each<[string, () => sdk.CompletedPart[], string]>([
    ["with a part below 5 MiB that is not the last", () => parts, "400 EntityTooSmall"],
    ["with parts out of order", () => [...parts].reverse(), "400 InvalidPartOrder"],
    ["with a part named twice", () => [...parts.slice(1), ...parts.slice(1)], "400 InvalidPartOrder"],
    ["with another ETag", () => [{ PartNumber: 1, ETag: quoted(md5("x")) }], "400 InvalidPart"],
    ["with a part that was never sent", () => [{ PartNumber: 3, ETag: quoted(md5(rest)) }], "400 InvalidPart"],
    ["without parts", () => [], "400 MalformedXML"],
  ])("%s, and the upload stays open", async (_, chosen, outcome) => {
    expect(await refusal(complete("refused", UploadId, chosen()))).toBe(outcome);
    expect(await refusal(media.get("refused"))).toBe("404 NoSuchKey");
    const { Parts } = await media.send(sdk.ListPartsCommand, { Key: "refused", UploadId });
    expect(Parts).toHaveLength(2);
  });

  it("with another size than it was said to have", async () => {
    const lastAlone = parts.slice(1);
    expect(await refusal(complete("refused", UploadId, lastAlone, { MpuObjectSize: 1 }))).toBe("400 InvalidRequest");
    await complete("refused", UploadId, lastAlone, { MpuObjectSize: rest.length });
    expect(await media.head("refused")).toMatchObject({ ContentLength: rest.length });
  });

  it("with a status of its own, never inside a 200", async () => {
    const began = await begin("status");
    const url = media.url("status", `uploadId=${began}`);
    const answer = await signedRaw("POST", url, { body: "<CompleteMultipartUpload/>" });
    expect(answer).toMatchObject({ status: 400, code: "MalformedXML" });
  });
});

describe("parts", () => {
  it("are listed by number, in pages", async () => {
    const UploadId = await begin("listed");
    for (const number of [3, 1, 10_000]) await upload("listed", UploadId, number, `part ${number}`);
    const page = await media.send(sdk.ListPartsCommand, { Key: "listed", UploadId, MaxParts: 2 });
    expect(page).toMatchObject({
      Bucket: "media",
      Key: "listed",
      UploadId,
      MaxParts: 2,
      IsTruncated: true,
      NextPartNumberMarker: "3",
      Parts: [
        { PartNumber: 1, Size: 6, ETag: quoted(md5("part 1")), LastModified: expect.any(Date) },
        { PartNumber: 3, Size: 6, ETag: quoted(md5("part 3")) },
      ],
    });
    const after = { PartNumberMarker: page.NextPartNumberMarker };
    const last = await media.send(sdk.ListPartsCommand, { Key: "listed", UploadId, ...after });
    expect(last.IsTruncated).toBe(false);
    expect(last.Parts?.map((part) => part.PartNumber)).toEqual([10_000]);
  });

  it.each(["0", "10001", "-1", "1.5", "x", ""])("with the number %j are refused", async (number) => {
    const url = media.url("listed", `partNumber=${number}&uploadId=${await begin("numbered")}`);
    expect(await signedRaw("PUT", url, { body: "x" })).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("can be copied from a range of another object", async () => {
    await media.put("source", five.subarray(0, 100_000));
    const UploadId = await begin("copied");
    const copy = (PartNumber: number, CopySourceRange?: string) =>
      media.send(sdk.UploadPartCopyCommand, {
        Key: "copied",
        UploadId,
        PartNumber,
        CopySource: "media/source",
        CopySourceRange,
      });
    expect(await refusal(copy(1, "bytes=0-100000"))).toBe("400 InvalidArgument");
    expect(await refusal(copy(1, "bytes=5-"))).toBe("400 InvalidArgument");
    const { CopyPartResult } = await copy(1, "bytes=50-99");
    expect(CopyPartResult).toMatchObject({
      ETag: quoted(md5(five.subarray(50, 100))),
      LastModified: expect.any(Date),
    });
    await complete("copied", UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    expect((await media.bytes("copied")).equals(five.subarray(50, 100))).toBe(true);
  });

  it("can be copied from across the border of another object's parts", async () => {
    const begun = await begin("in-parts");
    const parts = [await upload("in-parts", begun, 1, five), await upload("in-parts", begun, 2, rest)];
    await complete("in-parts", begun, parts);
    const UploadId = await begin("copied");
    const [start, end] = [5 * MIB - 100, 5 * MIB + 99];
    const source = { CopySource: "media/in-parts", CopySourceRange: `bytes=${start}-${end}` };
    const part = { Key: "copied", UploadId, PartNumber: 1, ...source };
    const { CopyPartResult } = await media.send(sdk.UploadPartCopyCommand, part);
    await complete("copied", UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    const expected = Buffer.concat([five, rest]).subarray(start, end + 1);
    expect((await media.bytes("copied")).equals(expected)).toBe(true);
  });

  it("can be copied whole", async () => {
    await media.put("source", "the whole");
    const UploadId = await begin("copied");
    const part = { Key: "copied", UploadId, PartNumber: 1 };
    const { CopyPartResult } = await media.send(sdk.UploadPartCopyCommand, { ...part, CopySource: "media/source" });
    await complete("copied", UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    expect(await media.text("copied")).toBe("the whole");
  });
});
