import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import { cancelFile, cancelFiles, registerFiles } from "@/lib/upload/file/commands";
import { uploadStatus } from "@/lib/upload/queries";
import type { FileAnswer, OpenedUpload } from "@/lib/upload/schema";
import { hex } from "@/tests/support/checksums";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { post } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
afterAll(() => stopQueue());

const MIB = 1024 * 1024;
let owner: UserViewer;
let slug: string;
let upload: OpenedUpload;

beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  upload = await openUpload(owner, { collectionSlug: slug });
});

const one = async (file: Parameters<typeof registerFiles>[2][number], into = upload): Promise<FileAnswer> => {
  const [answer] = await registerFiles(owner, into.id, [file]);
  if (!answer) throw new Error("no answer");
  return answer;
};

describe("registering files before they are sent", () => {
  it("returns for each, in order, how to send it", async () => {
    const answers = await registerFiles(owner, upload.id, [
      { path: "b/large.mov", size: 16 * MIB },
      { path: "a.jpg", size: 16 * MIB - 1 },
      { path: "A.jpg", size: 1 },
      { path: "huge.tar", size: 5 * MIB * MIB },
    ]);
    const fileId = expect.any(String);
    expect(answers).toEqual([
      { path: "b/large.mov", status: "multipart", multipart: { fileId, partSize: 8 * MIB, partCount: 2, done: [] } },
      { path: "a.jpg", status: "post" },
      { path: "A.jpg", status: "post" },
      { path: "huge.tar", status: "multipart", multipart: { fileId, partSize: 1024 * MIB, partCount: 5120, done: [] } },
    ]);
  });

  it("refuses a whole call for one invalid path or size, and says which and why", async () => {
    // lib/path/policy has the rule, and its unit test the rest of it.
    const paths = [
      "../up",
      "/root",
      "a//b",
      "e\u0301",
      "nul\u0000",
      "\ud800",
      "a\\b",
      "aux.jpg",
      "a. ",
      "x".repeat(513),
    ];
    const files = paths.map((path) => ({
      path,
      size: 1,
    }));
    const bad = [...files, { path: "big", size: 5 * MIB * MIB + 1 }, { path: "ok", size: 1 }];
    const refusal = registerFiles(owner, upload.id, [...bad, { path: "ok", size: 2 }]);
    await expect(refusal).rejects.toMatchObject({ code: "INVALID" });
    const { issues } = await refusal.catch((error) => error);
    expect(issues.map(({ path }: { path: string }) => path)).toEqual([
      ...files.map((_, index) => `files.${index}.path`),
      `files.${files.length}.size`,
      `files.${files.length + 2}.path`,
    ]);
    expect(await db().uploadFile.count({ where: { path: { in: ["ok", "big"] } } })).toBe(0);
  });

  it("takes 1,000 files in one statement and one listing, and again", async () => {
    const into = await openUpload(owner, { collectionSlug: slug });
    const files = Array.from({ length: 1_000 }, (_, index) => ({ path: `n/${index}`, size: 10, modifiedAt: 1 }));
    const first = await registerFiles(owner, into.id, files);
    expect(first.every(({ status }) => status === "post")).toBe(true);
    const queue = files.slice(0, 600).map(({ path }) => path);
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let path = queue.pop(); path; path = queue.pop()) {
          await bucket.client.send(
            new PutObjectCommand({ Bucket: bucket.bucket, Key: into.prefix + path, Body: "0123456789" }),
          );
        }
      }),
    );
    const again = await registerFiles(owner, into.id, files);
    expect(again.filter(({ status }) => status === "present").length).toBe(600);
    expect(again.map(({ path }) => path)).toEqual(files.map(({ path }) => path));
    expect(await db().uploadFile.count({ where: { uploadId: into.id } })).toBe(1_000);
  });

  it("reports files at the same path, and requests checksums where bytes may be known", async () => {
    const into = await testCollection(owner);
    await reefIn(into);
    const next = await openUpload(owner, { collectionSlug: into });
    const answers = await registerFiles(owner, next.id, [
      { path: "reef.jpg", size: 4 },
      { path: "other.jpg", size: 4 },
      { path: "Reef.jpg", size: 5 },
    ]);
    expect(answers).toEqual([
      { path: "reef.jpg", status: "post", exists: "same", mayBeKnown: true },
      { path: "other.jpg", status: "post", mayBeKnown: true },
      { path: "Reef.jpg", status: "post" },
    ]);
    const hashed = await registerFiles(owner, next.id, [
      { path: "reef.jpg", size: 4, sha256: hex("sha256", "reef") },
      { path: "other.jpg", size: 4, sha256: hex("sha256", "reef") },
      { path: "Reef.jpg", size: 4, sha256: hex("sha256", "feer") },
    ]);
    expect(hashed.map(({ status }) => status)).toEqual(["present", "present", "post"]);
    const rows = await db().uploadFile.findMany({ where: { uploadId: next.id }, orderBy: { path: "asc" } });
    expect(
      rows.map(({ path, reservedBytes, sameAsId, copyOfId }) => [path, Number(reservedBytes), !!sameAsId, !!copyOfId]),
    ).toEqual([
      ["Reef.jpg", 4, false, false],
      ["other.jpg", 4, false, true],
      ["reef.jpg", 0, true, false],
    ]);
    // Registered again without its checksum: unchanged.
    const [again] = await registerFiles(owner, next.id, [{ path: "other.jpg", size: 4 }]);
    expect(again?.status).toBe("present");
    // Another sender's claim saves no sending.
    const claimant = await testMember(into, "contributor");
    await db().revision.updateMany({ where: { media: { collection: { slug: into } } }, data: { sha256Proven: false } });
    const theirs = await openUpload(claimant, { collectionSlug: into });
    const [answer] = await registerFiles(claimant, theirs.id, [{ path: "x", size: 4, sha256: hex("sha256", "reef") }]);
    expect(answer?.status).toBe("post");
    // And one collection reveals nothing to another.
    const [elsewhere] = await registerFiles(owner, upload.id, [{ path: "x", size: 4, sha256: hex("sha256", "reef") }]);
    expect(elsewhere).toEqual({ path: "x", status: "post" });
  });

  it("looks for a checksum that half the site shares in the first hundred files only", async () => {
    const into = await testCollection(owner);
    const elsewhere = await openUpload(owner, { collectionSlug: slug });
    const sha256 = hex("sha256", "a common file");
    const known = { sha256, sha256Proven: true, sizeBytes: 20, etag: "e" };
    const revisionIn = async (collection: string, path: string, number: number) => {
      const media = await db().media.create({
        data: { collection: { connect: { slug: collection } }, path, takenAt: new Date() },
      });
      const key = { key: `${elsewhere.prefix}${path}`, versionId: `v${number}` };
      await db().revision.create({ data: { ...known, ...key, mediaId: media.id, uploadId: elsewhere.id, number } });
    };
    for (let index = 1; index <= 100; index += 1) await revisionIn(slug, `common/${index}`, index);
    await revisionIn(into, "here.txt", 101);
    const next = await openUpload(owner, { collectionSlug: into });
    const file = { size: 20, sha256 };
    const answers = await registerFiles(owner, next.id, [{ path: "copy.txt", ...file }]);
    expect(answers).toEqual([{ path: "copy.txt", status: "post" }]);
    const [there] = await registerFiles(owner, upload.id, [{ path: "copy.txt", ...file }]);
    expect(there?.status).toBe("present");
  });

  /** A collection with one file, `reef.jpg` of the bytes "reef", whose checksum is proven. */
  async function reefIn(into: string): Promise<void> {
    const { id, prefix } = await openUpload(owner, { collectionSlug: into });
    const collection = { connect: { slug: into } };
    const media = await db().media.create({ data: { collection, path: "reef.jpg", takenAt: new Date() } });
    const sha256 = hex("sha256", "reef");
    const facts = { sha256, sha256Proven: true, sizeBytes: 4, etag: hex("md5", "reef"), md5: hex("md5", "reef") };
    const revision = await db().revision.create({
      data: {
        ...facts,
        mediaId: media.id,
        uploadId: id,
        number: 1,
        key: `${prefix}reef.jpg`,
        versionId: "v",
        state: "kept",
      },
    });
    await db().media.update({ where: { id: media.id }, data: { currentRevisionId: revision.id } });
  }
});

describe("resuming an upload", () => {
  it("takes a file as present by its MD5, else by its modification time, and never only because an object is there", async () => {
    const text = "0123456789";
    for (const path of ["md5", "time", "bare"]) {
      await one({ path: `r/${path}`, size: 10, ...(path === "time" ? { modifiedAt: 5 } : {}) });
      await post(upload, `r/${path}`, text);
    }
    expect((await one({ path: "r/md5", size: 10, md5: hex("md5", text) })).status).toBe("present");
    expect((await one({ path: "r/md5", size: 10 })).status).toBe("present");
    expect((await one({ path: "r/md5", size: 10, md5: hex("md5", "9876543210") })).status).toBe("post");
    expect((await one({ path: "r/time", size: 10, modifiedAt: 5 })).status).toBe("present");
    expect((await one({ path: "r/time", size: 10, sha256: hex("sha256", text) })).status).toBe("present");
    expect((await one({ path: "r/bare", size: 10 })).status).toBe("post");
    expect((await one({ path: "r/never", size: 10, md5: hex("md5", text) })).status).toBe("post");
    expect((await one({ path: "r/never", size: 10, md5: hex("md5", text) })).status).toBe("post");
  });

  it("does not take the old bytes of a changed file for the new ones, even after a crash in between", async () => {
    await one({ path: "changing", size: 10, modifiedAt: 1 });
    await post(upload, "changing", "0123456789");
    expect((await one({ path: "changing", size: 10, modifiedAt: 2 })).status).toBe("post");
    expect((await one({ path: "changing", size: 10, modifiedAt: 2 })).status).toBe("post");
    await post(upload, "changing", "9876543210");
    expect((await one({ path: "changing", size: 10, modifiedAt: 2 })).status).toBe("present");
  });

  it("takes a file as present whose time changed and whose bytes did not", async () => {
    const md5 = hex("md5", "0123456789");
    await one({ path: "touched", size: 10, modifiedAt: 1, md5 });
    await post(upload, "touched", "0123456789");
    expect((await one({ path: "touched", size: 10, modifiedAt: 2, md5 })).status).toBe("present");
  });
});

describe("canceling files", () => {
  it("removes every version of them, so that they become no media; the others stay", async () => {
    const opened = await openUpload(owner, { collectionSlug: slug });
    await registerFiles(owner, opened.id, [
      { path: "w/kept", size: 3 },
      { path: "w/sent twice", size: 3 },
      { path: "w/never sent", size: 3 },
    ]);
    for (const path of ["w/kept", "w/sent twice", "w/sent twice"]) await post(opened, path, "abc");
    await cancelFiles(owner, opened.id, ["w/sent twice", "w/never sent"]);
    await cancelFiles(owner, opened.id, ["w/sent twice", "w/never sent"]);
    const left: string[] = [];
    for await (const page of listObjectVersions(opened.prefix)) left.push(...page.map(({ key }) => key));
    expect(left).toEqual([`${opened.prefix}w/kept`]);
    const status = await uploadStatus(owner, opened.id);
    expect(status).toMatchObject({ plannedFiles: null, registeredFiles: 1, files: { total: 1 } });
  });
});

describe("who may register files", () => {
  it("only the upload's owner, while it is open", async () => {
    const editor = await testMember(slug, "editor");
    const file = [{ path: "x", size: 1 }];
    await expect(registerFiles(editor, upload.id, file)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(registerFiles(await testUser(), upload.id, file)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const sealed = await openUpload(owner, { collectionSlug: slug });
    await sealUpload(owner, sealed.id);
    await expect(registerFiles(owner, sealed.id, file)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("and a file of another upload cannot be canceled by its id", async () => {
    await one({ path: "mine", size: 1 });
    const { id } = await db().uploadFile.findFirstOrThrow({ where: { uploadId: upload.id, path: "mine" } });
    const other = await testUser();
    const theirs = await openUpload(other, { collectionSlug: await testCollection(other) });
    await cancelFile(other, theirs.id, id);
    expect(await db().uploadFile.count({ where: { id } })).toBe(1);
    await expect(cancelFile(other, upload.id, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
