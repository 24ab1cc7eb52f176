import { randomBytes } from "node:crypto";
import { AbortMultipartUploadCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { listMultiparts } from "@/lib/storage/objects/multipart";
import { headObject } from "@/lib/storage/objects/objects";
import { abortUpload, openUpload, sealUpload } from "@/lib/upload/commands";
import { cancelFile, registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { partSizeOf } from "@/lib/upload/policy";
import type { OpenedUpload } from "@/lib/upload/schema";
import { reapUpload } from "@/lib/upload/verify/reap";
import { crc64nvme } from "@/tests/support/checksums";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
const { checksums } = inject("services");
afterAll(() => stopQueue());

const bytes = randomBytes(17 * 1024 * 1024);
const size = bytes.length;
const partSize = partSizeOf(size);
const partCount = Math.ceil(size / partSize);
const all = Array.from({ length: partCount }, (_, index) => index + 1);
const partOf = (n: number) => bytes.subarray((n - 1) * partSize, n * partSize);
const missing = "00000000-0000-4000-8000-000000000000";

let owner: UserViewer;
let slug: string;
let upload: OpenedUpload;

beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  upload = await openUpload(owner, { collectionSlug: slug });
});

async function registered(path: string, into = upload, modifiedAt = 1) {
  const [answer] = await registerFiles(owner, into.id, [{ path, size, modifiedAt }]);
  return { status: answer?.status, fileId: answer?.multipart?.fileId ?? "", done: answer?.multipart?.done };
}

/** Sends parts as a browser does; returns what completing needs. */
async function send(fileId: string, numbers: number[], into = upload, crc = false) {
  const sums = Object.fromEntries(numbers.map((n) => [String(n), crc64nvme(partOf(n))]));
  const { urls } = await signParts(owner, into.id, { fileId, parts: numbers, ...(crc ? { checksums: sums } : {}) });
  return Promise.all(
    numbers.map(async (n) => {
      const headers: Record<string, string> = crc ? { "x-amz-checksum-crc64nvme": sums[String(n)] ?? "" } : {};
      const response = await fetch(urls[String(n)] ?? "", { method: "PUT", body: new Uint8Array(partOf(n)), headers });
      expect(response.status).toBe(200);
      return { n, etag: response.headers.get("etag") ?? "" };
    }),
  );
}

async function multipartsUnder(prefix: string): Promise<number> {
  let count = 0;
  for await (const page of listMultiparts(prefix)) count += page.length;
  return count;
}

describe("a large file", () => {
  it("is sent in parts, each any number of times, and is present once complete, for any number of calls", async () => {
    const { fileId } = await registered("film.mov");
    await send(fileId, [1]);
    const parts = await send(fileId, all, upload, true);
    expect(await registered("film.mov")).toMatchObject({ status: "multipart", fileId, done: all });
    const whole = { fileId, parts, crc64nvme: crc64nvme(bytes) };
    await completeFile(owner, upload.id, whole);
    await completeFile(owner, upload.id, whole);
    expect(await headObject({ key: `${upload.prefix}film.mov` })).toMatchObject({ sizeBytes: size });
    expect(await registered("film.mov")).toMatchObject({ status: "present" });
    await expect(signParts(owner, upload.id, { fileId, parts: [1] })).rejects.toMatchObject({ code: "CONFLICT" });
    const row = await db().uploadFile.findUniqueOrThrow({ where: { id: fileId } });
    expect(row.crc64nvme).toBe(checksums ? crc64nvme(bytes) : null);
  });

  it("is resumed from another place: stored parts are listed, and need not be sent to complete it", async () => {
    const { fileId } = await registered("resumed.mov");
    await send(fileId, [2, 1]);
    expect((await registered("resumed.mov")).done).toEqual([1, 2]);
    await expect(completeFile(owner, upload.id, { fileId, parts: [] })).rejects.toThrow("missing or damaged (3)");
    await completeFile(owner, upload.id, { fileId, parts: await send(fileId, [3]) });
    expect((await registered("resumed.mov")).status).toBe("present");
  });

  it("starts one multipart for any number of tabs", async () => {
    const { fileId } = await registered("tabs.mov");
    const signed = await Promise.all(
      Array.from({ length: 6 }, () => signParts(owner, upload.id, { fileId, parts: [1] })),
    );
    const ids = signed.map(({ urls }) => new URL(urls["1"] ?? "").searchParams.get("uploadId"));
    expect(new Set(ids).size).toBe(1);
    expect(await multipartsUnder(`${upload.prefix}tabs.mov`)).toBe(1);
  });

  it("is present when the storage completed it and the answer was lost", async () => {
    const { fileId } = await registered("unheard.mov");
    const parts = await send(fileId, all);
    await completeFile(owner, upload.id, { fileId, parts });
    await db().uploadFile.update({ where: { id: fileId }, data: { completedAt: null } });
    expect((await registered("unheard.mov")).status).toBe("present");
    await db().uploadFile.update({ where: { id: fileId }, data: { completedAt: null } });
    await completeFile(owner, upload.id, { fileId, parts });
    expect((await registered("unheard.mov")).status).toBe("present");
  });

  it("starts again when its parts are gone", async () => {
    const { fileId } = await registered("gone.mov");
    const parts = await send(fileId, all);
    const { s3UploadId } = await db().uploadFile.findUniqueOrThrow({ where: { id: fileId } });
    const where = { Bucket: bucket.bucket, Key: `${upload.prefix}gone.mov`, UploadId: s3UploadId ?? "" };
    await bucket.client.send(new AbortMultipartUploadCommand(where));
    await expect(completeFile(owner, upload.id, { fileId, parts })).rejects.toThrow("no longer in the storage");
    expect(await registered("gone.mov")).toMatchObject({ status: "multipart", fileId, done: [] });
    await completeFile(owner, upload.id, { fileId, parts: await send(fileId, all) });
  });

  it("that has changed starts again under another id, its old parts removed and its old object never taken for it", async () => {
    const first = await registered("changed.mov");
    await send(first.fileId, [1]);
    const second = await registered("changed.mov", upload, 2);
    expect(second).toMatchObject({ status: "multipart", done: [] });
    expect(second.fileId).not.toBe(first.fileId);
    expect(await multipartsUnder(`${upload.prefix}changed.mov`)).toBe(0);
    await expect(signParts(owner, upload.id, { fileId: first.fileId, parts: [1] })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await completeFile(owner, upload.id, { fileId: second.fileId, parts: await send(second.fileId, all) });
    const third = await registered("changed.mov", upload, 3);
    expect(third).toMatchObject({ status: "multipart", done: [] });
    await signParts(owner, upload.id, { fileId: third.fileId, parts: [1] });
    const row = await db().uploadFile.findUniqueOrThrow({ where: { id: third.fileId } });
    const where = { Bucket: bucket.bucket, Key: `${upload.prefix}changed.mov`, UploadId: row.s3UploadId ?? "" };
    await bucket.client.send(new AbortMultipartUploadCommand(where));
    await expect(completeFile(owner, upload.id, { fileId: third.fileId, parts: [] })).rejects.toThrow(
      "no longer in the storage",
    );
  });

  it("that is canceled leaves nothing behind", async () => {
    const { fileId } = await registered("canceled.mov");
    await send(fileId, [1, 2]);
    await cancelFile(owner, upload.id, fileId);
    expect(await multipartsUnder(`${upload.prefix}canceled.mov`)).toBe(0);
    await expect(completeFile(owner, upload.id, { fileId, parts: [] })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("what is refused", () => {
  it("a part the file does not have, a small file's, an unknown file, one of another upload", async () => {
    const { fileId } = await registered("refused.mov");
    const sign = (id: string, n: number, viewer = owner, into = upload.id) =>
      signParts(viewer, into, { fileId: id, parts: [n] });
    await expect(sign(fileId, partCount + 1)).rejects.toMatchObject({ code: "INVALID" });
    const beyond = { fileId, parts: [{ n: partCount + 1, etag: "x" }] };
    await expect(completeFile(owner, upload.id, beyond)).rejects.toMatchObject({ code: "INVALID" });
    await registerFiles(owner, upload.id, [{ path: "small.jpg", size: 5 }]);
    const small = await db().uploadFile.findFirstOrThrow({ where: { path: "small.jpg" } });
    await expect(sign(small.id, 1)).rejects.toMatchObject({ code: "INVALID" });
    await expect(sign(missing, 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(sign("../1", 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const stranger = await testUser();
    const theirs = await openUpload(stranger, { collectionSlug: await testCollection(stranger) });
    for (const into of [theirs.id, upload.id]) {
      await expect(sign(fileId, 1, stranger, into)).rejects.toMatchObject({ code: "NOT_FOUND" });
      const completing = completeFile(stranger, into, { fileId, parts: [] });
      await expect(completing).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect((await db().uploadFile.findUniqueOrThrow({ where: { id: fileId } })).s3UploadId).toBeNull();
  });

  it("completing before anything was sent, with a wrong ETag, with parts of the wrong length", async () => {
    const { fileId } = await registered("wrong.mov");
    await expect(completeFile(owner, upload.id, { fileId, parts: [] })).rejects.toMatchObject({ code: "CONFLICT" });
    const parts = await send(fileId, all);
    const wrong = parts.map(({ n, etag }) =>
      n === 2 ? { n, etag: '"00000000000000000000000000000000"' } : { n, etag },
    );
    await expect(completeFile(owner, upload.id, { fileId, parts: wrong })).rejects.toThrow("missing or damaged (2)");
    const { urls } = await signParts(owner, upload.id, { fileId, parts: [partCount] });
    for (const body of ["too short", new Uint8Array(partOf(1))])
      expect((await fetch(urls[String(partCount)] ?? "", { method: "PUT", body })).status).toBe(403);
    expect((await registered("wrong.mov")).done).toEqual(all);
    // Sent with other credentials than those of the URL.
    const { s3UploadId } = await db().uploadFile.findUniqueOrThrow({ where: { id: fileId } });
    const target = { Bucket: bucket.bucket, Key: `${upload.prefix}wrong.mov`, UploadId: s3UploadId ?? "" };
    await bucket.client.send(new UploadPartCommand({ ...target, PartNumber: partCount, Body: "too short" }));
    await expect(completeFile(owner, upload.id, { fileId, parts: [] })).rejects.toThrow(`(${partCount})`);
    expect((await registered("wrong.mov")).done).toEqual(all.slice(0, -1));
    await completeFile(owner, upload.id, { fileId, parts: await send(fileId, [partCount]) });
  });

  it.runIf(checksums)("parts that together are not the file its checksum says; it starts again", async () => {
    const { fileId } = await registered("crc.mov");
    const parts = await send(fileId, all);
    const wrong = completeFile(owner, upload.id, { fileId, parts, crc64nvme: crc64nvme(partOf(1)) });
    await expect(wrong).rejects.toThrow("not the file that was registered");
    expect(await registered("crc.mov")).toMatchObject({ status: "multipart", done: [] });
    expect(await multipartsUnder(`${upload.prefix}crc.mov`)).toBe(0);
  });

  it("anything once the upload is sealed or discarded; multiparts are aborted", async () => {
    for (const end of [sealUpload, abortUpload]) {
      const ending = await openUpload(owner, { collectionSlug: slug });
      const { fileId } = await registered("ended.mov", ending);
      await send(fileId, [1], ending);
      await end(owner, ending.id);
      await expect(signParts(owner, ending.id, { fileId, parts: [1] })).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(completeFile(owner, ending.id, { fileId, parts: [] })).rejects.toMatchObject({ code: "CONFLICT" });
      if (end === abortUpload) {
        expect(await reapUpload(system, ending.id)).toMatchObject({ multiparts: 1 });
        expect(await multipartsUnder(ending.prefix)).toBe(0);
      }
    }
  });
});
