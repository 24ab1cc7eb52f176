import { randomBytes } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { recordDerivation, trashMedia } from "@/lib/media/commands";
import { listMultiparts } from "@/lib/storage/objects/multipart";
import { sealUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { noSpaceReason, twinReason } from "@/lib/upload/policy";
import { uploadStatus } from "@/lib/upload/queries";
import type { FileToSend } from "@/lib/upload/schema";
import { reapUpload } from "@/lib/upload/verify/reap";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { crc64nvme, hex } from "@/tests/support/checksums";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { ignore, killedWhileVerified, opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
const { checksums } = inject("services");
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;

beforeAll(async () => {
  owner = await testUser("Owner");
});

/** A registration as the engine sends it once a file is hashed. */
const hashed = (path: string, text: string): FileToSend => ({
  path,
  size: Buffer.byteLength(text),
  md5: hex("md5", text),
  sha256: hex("sha256", text),
  modifiedAt: 1,
});

/** Registers, sends, verifies and derives files. */
async function dropHashed(files: Record<string, string>): Promise<void> {
  const upload = await opened(owner, slug);
  await registerFiles(
    owner,
    upload.id,
    Object.entries(files).map(([path, text]) => hashed(path, text)),
  );
  for (const [path, text] of Object.entries(files)) await post(upload, path, text);
  for (const id of await verified(owner, upload)) await derive(id);
}

async function derive(id: string): Promise<void> {
  const { sha256 } = await db().revision.findUniqueOrThrow({ where: { id } });
  await recordDerivation(system, id, { state: "kept", contentType: "text/plain", ...(sha256 ? { sha256 } : {}) });
}

const numbersAt = async (path: string, into = slug) =>
  (await db().revision.findMany({ where: { media: { path, collection: { slug: into } } }, orderBy: { number: "asc" } }))
    .length;

async function bytesOf(into = slug) {
  const { usedBytes, reservedBytes, sizeBytes } = await db().collection.findUniqueOrThrow({ where: { slug: into } });
  return { used: Number(usedBytes), reserved: Number(reservedBytes), size: Number(sizeBytes) };
}

describe("registrations are compared with the listing", () => {
  beforeAll(async () => {
    slug = await testCollection(owner);
  });

  it("keeps checksums, turns reserved bytes into used bytes, and reports files that never arrived", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [hashed("a", "one"), hashed("b", "three"), hashed("never", "lost")]);
    await post(upload, "a", "one");
    await post(upload, "b", "three");
    await post(upload, "unregistered", "two");
    expect(await bytesOf()).toEqual({ used: 0, reserved: 12, size: 0 });
    await sealUpload(owner, upload.id);
    expect((await uploadStatus(owner, upload.id)).files).toEqual({ total: 3, verified: 0, rejected: 0, pending: 3 });
    await verifyUpload(system, upload.id, ignore);
    const { files, rejected } = await uploadStatus(owner, upload.id);
    expect(files).toEqual({ total: 4, verified: 3, rejected: 1, pending: 3 });
    expect(rejected).toEqual([{ path: "never", reason: "It was registered and never arrived. Upload it again." }]);
    expect(await bytesOf()).toEqual({ used: 11, reserved: 0, size: 11 });
    const revision = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id, media: { path: "a" } } });
    expect(revision).toMatchObject({ sha256: hex("sha256", "one"), md5: hex("md5", "one"), sha256Proven: false });
    expect((await db().upload.findUniqueOrThrow({ where: { id: upload.id } })).reservedBytes).toBe(0n);
  });

  it("keeps empty files, registered or not, with checksums or without", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [hashed("docs/__init__.py", ""), { path: "docs/.nojekyll", size: 0 }]);
    const names = ["docs/__init__.py", "docs/.nojekyll", "docs/.gitkeep"];
    for (const name of names) await post(upload, name, "");
    await verified(owner, upload);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({ files: { verified: 3, rejected: 0 }, bytes: 0 });
    const again = await opened(owner, slug);
    const [answer] = await registerFiles(owner, again.id, [hashed("other/__init__.py", "")]);
    expect(answer).toMatchObject({ status: "present" });
    await verified(owner, again);
    expect(await uploadStatus(owner, again.id)).toMatchObject({ files: { verified: 1, rejected: 0 }, bytes: 0 });
  });

  it("rejects bytes, sizes and versions that are not the file's", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [
      hashed("md5", "right"),
      { path: "size", size: 4 },
      { path: "old", size: 3, modifiedAt: 1 },
    ]);
    await post(upload, "md5", "wrong");
    await post(upload, "size", "three");
    await post(upload, "old", "old");
    await registerFiles(owner, upload.id, [{ path: "old", size: 3, modifiedAt: 2 }]);
    await verified(owner, upload);
    const { files, rejected } = await uploadStatus(owner, upload.id);
    expect(files).toMatchObject({ verified: 0, rejected: 3 });
    const reasons = Object.fromEntries(rejected.map(({ path, reason }) => [path, reason]));
    expect(reasons.md5).toMatch(/not those that were sent/);
    expect(reasons.size).toMatch(/not those that were sent/);
    expect(reasons.old).toMatch(/changed while it was being uploaded/);
  });

  it("rejects a file with joined or unknown characters in its name once, under that name", async () => {
    const path = "family \u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{e000}.jpg";
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [hashed(path, "right")]);
    await post(upload, path, "wrong");
    await verified(owner, upload);
    const { files, rejected } = await uploadStatus(owner, upload.id);
    expect(files).toMatchObject({ total: 1, rejected: 1 });
    expect(rejected).toMatchObject([{ path, reason: expect.stringMatching(/not those that were sent/) }]);
  });

  it("takes names in any form of Unicode: the path is in NFC, and the bytes stay where they were sent", async () => {
    const [macs, path] = ["Ame\u0301lie.jpg", "Am\u00e9lie.jpg"];
    for (const registered of [[hashed(path, "right")], []]) {
      const into = await testCollection(owner);
      const upload = await opened(owner, into);
      if (registered.length > 0) await registerFiles(owner, upload.id, registered);
      await post(upload, macs, "right");
      await verified(owner, upload);
      expect(await uploadStatus(owner, upload.id)).toMatchObject({ files: { verified: 1, rejected: 0 }, rejected: [] });
      const revision = await db().revision.findFirstOrThrow({
        where: { uploadId: upload.id },
        include: { media: true },
      });
      expect(revision).toMatchObject({ key: `${upload.prefix}${macs}`, sentAs: macs, media: { path } });
      expect(await bytesOf(into)).toEqual({ used: 5, reserved: 0, size: 5 });
      // The same again in the other form: the same file.
      const again = await opened(owner, into, { [path]: "right" });
      await verified(owner, again);
      expect(await db().revision.count({ where: { media: { collection: { slug: into } } } })).toBe(1);
    }
  });

  it("keeps one of two files with one name in two forms, and rejects the other, however often it runs", async () => {
    const upload = await opened(owner, slug, { "e\u0301.jpg": "one", "\u00e9.jpg": "two" });
    await killedWhileVerified(owner, upload);
    await verifyUpload(system, upload.id, ignore);
    const { files, rejected } = await uploadStatus(owner, upload.id);
    expect(files).toMatchObject({ verified: 1, rejected: 1 });
    expect(rejected).toEqual([{ path: "\u00e9.jpg", reason: twinReason }]);
  });

  it("rejects names that break the rule for paths, in words, and takes no other file for them", async () => {
    const refused = ["a\\b.jpg", "nul.jpg", "C:/x.jpg", "end.", "end /x.jpg", "gpj\u202e.exe", "tag\u{e0041}.jpg"];
    // A name that was read by a wrong encoding: how the one with a hidden character was recorded, once.
    const upload = await opened(owner, slug, { "gpj\ufffd.exe": "fine" });
    for (const path of refused) await post(upload, path, "x");
    await verified(owner, upload);
    const { files, rejected } = await uploadStatus(owner, upload.id);
    expect(files).toMatchObject({ total: 1 + refused.length, rejected: refused.length });
    const shown = refused.map((path) => path.replace("\u202e", "\\u{202e}").replace("\u{e0041}", "\\u{e0041}"));
    expect(new Set(rejected.map(({ path }) => path))).toEqual(new Set(shown));
    expect(rejected.find(({ path }) => path === "nul.jpg")?.reason).toMatch(/cannot be saved on Windows/);
  });

  it("rejects bytes that differ, when read, from the sender's checksum", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [{ path: "lied", size: 3, sha256: hex("sha256", "two") }]);
    await post(upload, "lied", "one");
    const [id = ""] = await verified(owner, upload);
    await recordDerivation(system, id, { state: "kept", contentType: "text/plain", sha256: hex("sha256", "one") });
    const revision = await db().revision.findUniqueOrThrow({ where: { id } });
    expect(revision).toMatchObject({ state: "rejected", sha256: hex("sha256", "one"), sha256Proven: true });
  });

  it("keeps the storage's checksum of a file in parts, and removes parts that were never completed", async () => {
    const bytes = randomBytes(17 * 1024 * 1024);
    const upload = await opened(owner, slug);
    const large = { size: bytes.length, modifiedAt: 1 };
    const [whole, left] = await registerFiles(owner, upload.id, [
      { path: "whole", ...large },
      { path: "left", ...large },
    ]);
    const { fileId = "", partSize = 0 } = whole?.multipart ?? {};
    const { urls } = await signParts(owner, upload.id, { fileId, parts: [1, 2, 3] });
    for (const n of [1, 2, 3]) {
      const body = new Uint8Array(bytes.subarray((n - 1) * partSize, n * partSize));
      await fetch(urls[String(n)] ?? "", { method: "PUT", body });
    }
    await signParts(owner, upload.id, { fileId: left?.multipart?.fileId ?? "", parts: [1] });
    await completeFile(owner, upload.id, { fileId, parts: [] });
    await db().uploadFile.update({ where: { id: fileId }, data: { crc64nvme: null } });
    await verified(owner, upload);
    const revision = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id, media: { path: "whole" } } });
    expect(revision).toMatchObject({
      md5: null,
      crc64nvme: checksums ? crc64nvme(bytes) : null,
      sizeBytes: BigInt(bytes.length),
    });
    expect((await uploadStatus(owner, upload.id)).rejected).toMatchObject([{ path: "left" }]);
    for await (const page of listMultiparts(upload.prefix)) expect(page).toEqual([]);
  });
});

describe("bytes that are there already", () => {
  beforeAll(async () => {
    slug = await testCollection(owner);
    await dropHashed({ "reef.jpg": "reef", "sea.jpg": "sea" });
  });

  it("add no revision at the same path, sent or not, and are counted", async () => {
    const upload = await opened(owner, slug);
    const answers = await registerFiles(owner, upload.id, [hashed("reef.jpg", "reef"), { path: "sea.jpg", size: 3 }]);
    expect(answers.map(({ status }) => status)).toEqual(["present", "post"]);
    await post(upload, "sea.jpg", "sea");
    expect(await verified(owner, upload)).toEqual([]);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({
      state: "verified",
      files: { total: 2, verified: 2, rejected: 0, pending: 0 },
    });
    expect([await numbersAt("reef.jpg"), await numbersAt("sea.jpg")]).toEqual([1, 1]);
    expect(await bytesOf()).toEqual({ used: 7, reserved: 0, size: 7 });
    expect(await db().uploadRejection.count({ where: { uploadId: upload.id } })).toBe(0);
  });

  it("are copied within the storage to another path, once for any number of attempts", async () => {
    const upload = await opened(owner, slug);
    const [answer] = await registerFiles(owner, upload.id, [hashed("copies/ä b.jpg", "reef")]);
    expect(answer).toEqual({ path: "copies/ä b.jpg", status: "present" });
    await killedWhileVerified(owner, upload);
    await Promise.all([verifyUpload(system, upload.id, ignore), verifyUpload(system, upload.id, ignore)]);
    const revisions = await db().revision.findMany({ where: { uploadId: upload.id } });
    expect(revisions).toMatchObject([{ md5: hex("md5", "reef"), sizeBytes: 4n, sha256: hex("sha256", "reef") }]);
    expect(await bytesOf()).toEqual({ used: 11, reserved: 0, size: 11 });
  });

  it("count as they are when the upload is verified, not when it was registered", async () => {
    const upload = await opened(owner, slug);
    expect((await registerFiles(owner, upload.id, [hashed("sea.jpg", "sea")]))[0]?.status).toBe("present");
    await dropHashed({ "sea.jpg": "storm" });
    await verified(owner, upload);
    expect(await numbersAt("sea.jpg")).toBe(3);
    const last = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id } });
    expect(last).toMatchObject({ number: 3, md5: hex("md5", "sea") });
  });

  it("restore a media from the trash", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [hashed("reef.jpg", "reef")]);
    const media = await db().media.findFirstOrThrow({ where: { path: "reef.jpg", collection: { slug } } });
    await trashMedia(owner, media.id);
    await verified(owner, upload);
    expect((await db().media.findUniqueOrThrow({ where: { id: media.id } })).deletedAt).toBeNull();
  });
});

describe("a path in the trash", () => {
  it("is restored with the new bytes, never with the trashed ones", async () => {
    slug = await testCollection(owner);
    await dropHashed({ "removed.jpg": "removed" });
    const { id } = await db().media.findFirstOrThrow({ where: { collection: { slug } } });
    const place = { latitude: 12.5, longitude: 1 };
    const taken = { takenAt: new Date(0), takenKnown: true, takenOffsetMinutes: 60 };
    await db().media.update({ where: { id }, data: { ...place, ...taken } });
    await trashMedia(owner, id);
    const upload = await opened(owner, slug);
    await post(upload, "removed.jpg", "new");
    const [fresh = ""] = await verified(owner, upload);
    const media = await db().media.findUniqueOrThrow({ where: { id } });
    expect(media).toMatchObject({
      currentRevisionId: fresh,
      deletedAt: null,
      latitude: null,
      takenAt: media.createdAt,
      takenKnown: false,
      takenOffsetMinutes: null,
    });
    expect(await bytesOf()).toMatchObject({ size: 3 });
    await recordDerivation(system, fresh, { state: "rejected", contentType: null, reason: "It cannot be read." });
    expect(await db().media.findUniqueOrThrow({ where: { id } })).toMatchObject({ currentRevisionId: fresh });
    expect(await bytesOf()).toMatchObject({ size: 3 });
  });
});

describe("quota, for unregistered files", () => {
  it("is what registered files leave of it", async () => {
    slug = await testCollection(owner);
    await db().collection.update({ where: { slug }, data: { quotaBytes: 10 } });
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [hashed("z", "12345")]);
    for (const [path, body] of Object.entries({ a: "123", b: "123", z: "12345" })) {
      await bucket.client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: upload.prefix + path, Body: body }));
    }
    await verified(owner, upload);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({
      files: { verified: 2, rejected: 1 },
      rejected: [{ path: "b", reason: noSpaceReason }],
    });
    expect(await bytesOf()).toEqual({ used: 8, reserved: 0, size: 8 });
    // What there is no room for does not lie in the bucket either.
    expect(await reapUpload(system, upload.id)).toMatchObject({ versions: 1, bytes: 3 });
  });

  it("that a registered file reserved is not used by an unregistered one before it", async () => {
    slug = await testCollection(owner);
    await db().collection.update({ where: { slug }, data: { quotaBytes: 9 } });
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [hashed("k", "1"), hashed("z", "12345")]);
    await post(upload, "a", "12345");
    await post(upload, "k", "1");
    await killedWhileVerified(owner, upload);
    await post(upload, "z", "12345");
    await verifyUpload(system, upload.id, ignore);
    expect((await uploadStatus(owner, upload.id)).rejected).toMatchObject([{ path: "a" }]);
    expect(await bytesOf()).toEqual({ used: 6, reserved: 0, size: 6 });
  });
});
