import { randomBytes } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { headObject } from "@/lib/storage/objects/objects";
import { openUpload, renewPolicy } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { postFile, testCollection, testUser } from "@/tests/support/fixtures/collections";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
/** The same store under another name: a browser has six more connections to it. */
const other = `${bucket.endpoint.replace("127.0.0.1", "localhost")}/${bucket.bucket}`;
process.env.S3_UPLOAD_ENDPOINTS = other;
afterAll(() => stopQueue());

it("an upload's policy works at every endpoint that the operator configured", async () => {
  const owner = await testUser("Owner");
  const { id, policy, prefix } = await openUpload(owner, { collectionSlug: await testCollection(owner) });
  expect(policy.endpoints).toEqual([other]);
  expect(policy.url).not.toBe(other);
  expect((await postFile({ ...policy, url: other }, `${prefix}a.jpg`, "reef")).status).toBe(201);
  expect(await headObject({ key: `${prefix}a.jpg` })).toMatchObject({ sizeBytes: 4 });
  expect((await renewPolicy(owner, id)).endpoints).toEqual([other]);
});

it("parts signed for every endpoint become one file, whichever endpoint each was sent to", async () => {
  const owner = await testUser("Owner");
  const { id, prefix } = await openUpload(owner, { collectionSlug: await testCollection(owner) });
  const bytes = randomBytes(17 * 1024 * 1024);
  const [answer] = await registerFiles(owner, id, [{ path: "film.mov", size: bytes.length }]);
  const { fileId, partSize, partCount } = answer?.multipart ?? { fileId: "", partSize: 0, partCount: 0 };
  const numbers = Array.from({ length: partCount }, (_, index) => index + 1);
  const stranger = "https://stranger.example.org/media";
  const signed = await signParts(owner, id, { fileId, parts: numbers, endpoints: [other, stranger] });
  expect(Object.keys(signed.elsewhere ?? {})).toEqual([other]);
  const parts: { n: number; etag: string }[] = [];
  for (const n of numbers) {
    const url = (n % 2 === 0 ? signed.urls : signed.elsewhere?.[other])?.[String(n)] ?? "";
    const body = bytes.subarray((n - 1) * partSize, n * partSize);
    const response = await fetch(url, { method: "PUT", body });
    expect(response.status, url).toBe(200);
    parts.push({ n, etag: response.headers.get("etag") ?? "" });
  }
  await completeFile(owner, id, { fileId, parts });
  expect(await headObject({ key: `${prefix}film.mov` })).toMatchObject({ sizeBytes: bytes.length });
  // Without a request for endpoints there are none.
  const [asked] = await registerFiles(owner, id, [{ path: "next.mov", size: bytes.length }]);
  expect(await signParts(owner, id, { fileId: asked?.multipart?.fileId ?? "", parts: [1] })).not.toHaveProperty(
    "elsewhere",
  );
});
