import { createHash, randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { checksumAlgorithms, runningChecksum } from "@/lib/embedded/s3/hashing/checksum";
import { filesBelow, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

/* Bodies of a size at which another thread takes the digests while they arrive. */

const store = storeForFile();
const media = bucketIn(store, "media");
const bytes = randomBytes(9 * 1024 * 1024 + 7);
const digest = (algorithm: string) => createHash(algorithm).update(bytes);
const checksums = checksumAlgorithms.map((algorithm) => {
  const running = runningChecksum(algorithm);
  running.update(bytes);
  return { algorithm, field: `Checksum${algorithm}`, value: running.digest() };
});
const nothingLeft = async () => [await filesBelow(store.dataDir, "tmp"), (await media.keys("bad")).length];

it.each(checksums)("keeps the right $algorithm", async ({ algorithm, field, value }) => {
  const answer = await media.put(algorithm, bytes, { [field]: value });
  expect(answer).toMatchObject({ ETag: `"${digest("md5").digest("hex")}"`, [field]: value });
  expect((await media.bytes(algorithm)).equals(bytes)).toBe(true);
});

it.each(checksums)("refuses a wrong $algorithm and leaves nothing", async ({ field, value }) => {
  const wrong = Buffer.from(value, "base64").reverse().toString("base64");
  expect(await refusal(media.put("bad", bytes, { [field]: wrong }))).toBe("400 BadDigest");
  expect(await nothingLeft()).toEqual([[], 0]);
});

it("holds the body against Content-MD5", async () => {
  await media.put("md5", bytes, { ContentMD5: digest("md5").digest("base64") });
  const wrong = createHash("md5").update("other").digest("base64");
  expect(await refusal(media.put("bad", bytes, { ContentMD5: wrong }))).toBe("400 BadDigest");
  expect(await nothingLeft()).toEqual([[], 0]);
});

it("holds the body against the hash that was signed", async () => {
  const send = (payloadHash: string, key: string) => signedRaw("PUT", media.url(key), { payloadHash, body: bytes });
  expect((await send(digest("sha256").digest("hex"), "signed")).status).toBe(200);
  const refused = await send(createHash("sha256").update("other").digest("hex"), "bad");
  expect([refused.status, refused.code]).toEqual([400, "XAmzContentSHA256Mismatch"]);
  expect(await nothingLeft()).toEqual([[], 0]);
});

it("takes the digests of many bodies at once", async () => {
  const bodies = Array.from({ length: 8 }, (_, i) => bytes.subarray(i * 1000));
  const answers = await Promise.all(bodies.map((body, i) => media.put(`many/${i}`, body)));
  expect(answers.map((answer) => answer.ETag)).toEqual(
    bodies.map((body) => `"${createHash("md5").update(body).digest("hex")}"`),
  );
});

it("takes those of parts, too", async () => {
  const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key: "parts" });
  const part = await media.send(sdk.UploadPartCommand, { Key: "parts", UploadId, PartNumber: 1, Body: bytes });
  expect(part.ETag).toBe(`"${digest("md5").digest("hex")}"`);
  const Parts = [{ PartNumber: 1, ETag: part.ETag }];
  await media.send(sdk.CompleteMultipartUploadCommand, { Key: "parts", UploadId, MultipartUpload: { Parts } });
  const { ChecksumCRC64NVME } = await media.head("parts", { ChecksumMode: "ENABLED" });
  expect(ChecksumCRC64NVME).toBe(checksums.find(({ algorithm }) => algorithm === "CRC64NVME")?.value);
});
