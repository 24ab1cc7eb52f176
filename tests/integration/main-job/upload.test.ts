import { createHash } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintAnonymousViewer, mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { recordDerivation, trashMedia } from "@/lib/media/commands";
import { mediaPage } from "@/lib/media/queries";
import { abortUpload, expireUploads, openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { twinReason } from "@/lib/upload/policy";
import { unfinishedUploads, uploadStatus } from "@/lib/upload/queries";
import type { OpenUploadInput } from "@/lib/upload/schema";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { postFile, testCollection, testUser } from "@/tests/support/fixtures/collections";
import { opened, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
afterAll(() => stopQueue());
const worker = mintSystemViewer("worker");

let owner: UserViewer;
let slug: string;

beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
/** Opens, sends, seals and verifies. Returns the upload's id. */
async function dropVerified(
  files: Record<string, string>,
  options: Partial<OpenUploadInput> & { into?: string } = {},
): Promise<string> {
  const { into = slug, ...rest } = options;
  const { metadata: _, ...input } = rest;
  const upload = await opened(owner, into, files, input);
  await verified(owner, upload);
  return upload.id;
}

/** Straight to the store: quicker than forms where only the listing counts. */
async function putAll(keys: string[]): Promise<void> {
  const queue = [...keys];
  const put = async () => {
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      await bucket.client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: key, Body: key }));
    }
  };
  await Promise.all(Array.from({ length: 16 }, put));
}

async function revisionsAt(path: string, into = slug) {
  return db().revision.findMany({
    where: { media: { path, collection: { slug: into } } },
    orderBy: { number: "asc" },
  });
}

async function countsOf(into: string) {
  const { mediaCount, sizeBytes } = await db().collection.findUniqueOrThrow({ where: { slug: into } });
  return { mediaCount, sizeBytes: Number(sizeBytes) };
}

describe("verifying from a listing", () => {
  it("pins key, version, size and checksum of every file, folders and odd names kept", async () => {
    const files = {
      "a.jpg": "one",
      "site-3/2024/a.jpg": "two",
      "site-3/2024/A.jpg": "three",
      "Ünïcode ñ/日本 🐠.png": "four",
      "صورة/تجربة.jpg": "five",
      "a+b & c=d?%25#'\".txt": "six",
      "sp ace/ lead.txt": "seven",
    };
    const into = await testCollection(owner);
    const id = await dropVerified(files, { into });
    for (const [path, text] of Object.entries(files)) {
      const [revision] = await revisionsAt(path, into);
      expect(revision, path).toMatchObject({
        number: 1,
        sizeBytes: BigInt(text.length),
        md5: md5(text),
        state: "pending",
        uploadId: id,
      });
      expect(revision?.versionId).not.toBe("null");
    }
    expect(await countsOf(into)).toEqual({ mediaCount: 7, sizeBytes: Object.values(files).join("").length });
    expect(await uploadStatus(owner, id)).toMatchObject({
      state: "verified",
      files: { total: 7, verified: 7, rejected: 0, pending: 7 },
      rejected: [],
    });
  });

  it("takes a folder of more than one listing page, one transaction a page", async () => {
    const into = await testCollection(owner);
    const upload = await openUpload(owner, { collectionSlug: into });
    await putAll(Array.from({ length: 1_050 }, (_, index) => `${upload.prefix}n/${String(index).padStart(5, "0")}`));
    // One name in two forms, the one before the others and the other one after them.
    const [first, last] = ["e\u0301t\u00e9.jpg", "\u00e9t\u00e9.jpg"];
    await putAll([`${upload.prefix}${first}`, `${upload.prefix}${last}`]);
    await sealUpload(owner, upload.id);
    const pages: number[] = [];
    await verifyUpload(worker, upload.id, async (ids) => void pages.push(ids.length));
    expect(pages).toEqual([1_000, 51]);
    expect(await countsOf(into)).toMatchObject({ mediaCount: 1_051 });
    const { files, rejected } = await uploadStatus(owner, upload.id);
    expect(files).toMatchObject({ verified: 1_051, rejected: 1 });
    expect(rejected).toEqual([{ path: last, reason: twinReason }]);
  });

  it("rejects invalid paths with the reason, and keeps the other files", async () => {
    const long = `${"x".repeat(300)}/${"y".repeat(299)}`;
    const id = await dropVerified({
      "good.jpg": "good",
      "a/../b.jpg": "up",
      "a//b.jpg": "empty",
      [long]: "long",
    });
    const status = await uploadStatus(owner, id);
    expect(status.files).toMatchObject({ verified: 1, rejected: 3 });
    const reasons = Object.fromEntries(status.rejected.map(({ path, reason }) => [path, reason]));
    expect(reasons["a/../b.jpg"]).toMatch(/“\.\.”/);
    expect(reasons["a//b.jpg"]).toMatch(/empty folder name/);
    expect(reasons[long]).toMatch(/600 bytes/);
    expect(await revisionsAt("good.jpg")).toHaveLength(1);
  });

  it("has no file that S3 refused: one too large, one outside the prefix", async () => {
    const upload = await openUpload(owner, { collectionSlug: slug });
    expect((await postFile(upload.policy, "media/elsewhere.jpg", "x")).status).toBe(403);
    expect((await postFile(upload.policy, upload.prefix.slice(0, -2), "x")).status).toBe(403);
    await verified(owner, upload);
    expect((await uploadStatus(owner, upload.id)).files.total).toBe(0);
  });

  it("can be run again, and by two workers at once, with the same result", async () => {
    const into = await testCollection(owner);
    const upload = await openUpload(owner, { collectionSlug: into });
    for (const name of ["1", "2", "3"]) await postFile(upload.policy, upload.prefix + name, name);
    await sealUpload(owner, upload.id);
    const crash = verifyUpload(worker, upload.id, async () => {
      throw new Error("killed between the page and the queue");
    });
    await expect(crash).rejects.toThrow("killed");
    expect((await uploadStatus(owner, upload.id)).state).toBe("sealed");
    const handed: object[][] = [];
    const again = () => verifyUpload(worker, upload.id, async (page) => void handed.push(page));
    await Promise.all([again(), again()]);
    expect(handed.every((page) => page.length === 3)).toBe(true);
    expect(handed.length).toBeGreaterThan(0);
    expect(await countsOf(into)).toEqual({ mediaCount: 3, sizeBytes: 3 });
    expect(await db().revision.count({ where: { uploadId: upload.id } })).toBe(3);
    expect(await db().event.count({ where: { subjectId: upload.id, action: "upload.verified" } })).toBe(1);
  });
});

describe("the same path again", () => {
  it("adds a revision; counts stay exact; the older stays current until the newer is derived", async () => {
    const into = await testCollection(owner);
    await dropVerified({ "reef.jpg": "first" }, { into });
    await dropVerified({ "reef.jpg": "second!" }, { into });
    const revisions = await revisionsAt("reef.jpg", into);
    expect(revisions.map(({ number }) => number)).toEqual([1, 2]);
    expect(await countsOf(into)).toEqual({ mediaCount: 1, sizeBytes: 5 });
    const media = await db().media.findFirstOrThrow({ where: { path: "reef.jpg", collection: { slug: into } } });
    expect(media.currentRevisionId).toBe(revisions[0]?.id);
  });

  it.each(["skip", "fail"] as const)("%s leaves the file there unchanged and says so", async (conflict) => {
    const into = await testCollection(owner);
    await dropVerified({ "reef.jpg": "first" }, { into });
    const id = await dropVerified({ "reef.jpg": "second", "new.jpg": "new" }, { into, conflict });
    const status = await uploadStatus(owner, id);
    expect(status.rejected).toEqual([{ path: "reef.jpg", reason: expect.stringContaining("already") }]);
    expect(await revisionsAt("reef.jpg", into)).toHaveLength(1);
    expect(await countsOf(into)).toMatchObject({ mediaCount: 2 });
  });

  it("ends with the newest revision as the current one, in any order of derivation", async () => {
    const into = await testCollection(owner);
    for (const text of ["first", "second!", "the third"]) await dropVerified({ "reef.txt": text }, { into });
    const revisions = await revisionsAt("reef.txt", into);
    const kept = { state: "kept", contentType: "text/plain" } as const;
    await Promise.all(revisions.toReversed().map(({ id }) => recordDerivation(worker, id, kept)));
    const media = await db().media.findFirstOrThrow({ where: { collection: { slug: into } } });
    expect(media.currentRevisionId).toBe(revisions.at(-1)?.id);
    expect(await countsOf(into)).toEqual({ mediaCount: 1, sizeBytes: "the third".length });
  });

  it("restores a media from the trash", async () => {
    const into = await testCollection(owner);
    await dropVerified({ "reef.jpg": "first" }, { into });
    const media = await db().media.findFirstOrThrow({ where: { collection: { slug: into } } });
    await trashMedia(owner, media.id);
    expect(await countsOf(into)).toEqual({ mediaCount: 0, sizeBytes: 0 });
    await dropVerified({ "reef.jpg": "second!" }, { into });
    // With the new bytes at once: the others were removed.
    expect(await countsOf(into)).toEqual({ mediaCount: 1, sizeBytes: 7 });
    expect((await mediaPage(await collectionBySlug(owner, into))).items).toHaveLength(1);
  });
});

describe("the life of an upload", () => {
  it("stays open when its client disconnects, and says how much has arrived", async () => {
    const into = await testCollection(owner);
    const upload = await openUpload(owner, { collectionSlug: into, plannedFiles: 40, plannedBytes: 400 });
    for (const name of ["1", "2"]) await postFile(upload.policy, upload.prefix + name, "0123456789");
    expect(await unfinishedUploads(owner, into)).toMatchObject([{ id: upload.id, state: "open", plannedFiles: 40 }]);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({ files: { total: 2, verified: 0 }, bytes: 20 });
    expect(await unfinishedUploads(mintAnonymousViewer(), into)).toEqual([]);
    expect(await unfinishedUploads(await testUser(), into)).toEqual([]);
  });

  it("renews its policy while open, and the renewed one works", async () => {
    const upload = await openUpload(owner, { collectionSlug: slug });
    const renewed = await renewPolicy(owner, upload.id);
    expect((await postFile(renewed, `${upload.prefix}renewed.jpg`, "x")).status).toBeLessThan(300);
    await sealUpload(owner, upload.id);
    await expect(renewPolicy(owner, upload.id)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is one upload, however its id is written", async () => {
    const upload = await openUpload(owner, { collectionSlug: slug });
    const shouted = upload.id.toUpperCase();
    const { fields } = await renewPolicy(owner, shouted);
    expect(fields.key).toBe(`${upload.prefix}\${filename}`);
    await sealUpload(owner, shouted);
    expect(await db().event.count({ where: { subjectId: upload.id, action: "upload.sealed" } })).toBe(1);
  });

  it("makes no more media once it is aborted, even during verification", async () => {
    const into = await testCollection(owner);
    const upload = await openUpload(owner, { collectionSlug: into });
    const keys = Array.from({ length: 1_001 }, (_, index) => `${upload.prefix}${String(index).padStart(4, "0")}`);
    await putAll(keys);
    await sealUpload(owner, upload.id);
    await verifyUpload(worker, upload.id, () => abortUpload(owner, upload.id));
    expect((await countsOf(into)).mediaCount).toBe(1_000);
    expect((await uploadStatus(owner, upload.id)).state).toBe("aborted");
  });

  it("can be sealed twice, and not after it was aborted", async () => {
    const upload = await openUpload(owner, { collectionSlug: slug });
    await sealUpload(owner, upload.id);
    await sealUpload(owner, upload.id);
    expect(await db().event.count({ where: { subjectId: upload.id, action: "upload.sealed" } })).toBe(1);
    const other = await openUpload(owner, { collectionSlug: slug });
    await abortUpload(owner, other.id);
    await abortUpload(owner, other.id);
    await expect(sealUpload(owner, other.id)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(renewPolicy(owner, other.id)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("expires when it is not sealed", async () => {
    const upload = await openUpload(owner, { collectionSlug: slug });
    const past = new Date(Date.now() - 1_000);
    await db().upload.update({ where: { id: upload.id }, data: { expiresAt: past } });
    await expect(renewPolicy(owner, upload.id)).rejects.toMatchObject({ code: "GONE" });
    expect(await expireUploads(worker)).toBe(1);
    await expect(renewPolicy(owner, upload.id)).rejects.toMatchObject({ code: "GONE" });
    expect((await uploadStatus(owner, upload.id)).state).toBe("expired");
  });

  it("answers NOT_FOUND to viewers without access, as for missing uploads", async () => {
    const upload = await openUpload(owner, { collectionSlug: slug });
    const stranger = await testUser();
    const missing = "00000000-0000-4000-8000-000000000000";
    for (const viewer of [stranger, mintAnonymousViewer()]) {
      for (const run of [renewPolicy, sealUpload, abortUpload, uploadStatus]) {
        await expect(run(viewer, upload.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
      }
      await expect(openUpload(viewer, { collectionSlug: slug })).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    await expect(sealUpload(owner, missing)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(sealUpload(owner, "not-a-uuid")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
