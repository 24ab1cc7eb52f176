import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { restoreMedia, trashMedia } from "@/lib/media/commands";
import { setMember } from "@/lib/member/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { signParts } from "@/lib/upload/part/commands";
import { othersFileReason } from "@/lib/upload/policy";
import { uploadStatus } from "@/lib/upload/queries";
import { redoUpload, undoUpload } from "@/lib/upload/undo/commands";
import { reapUpload } from "@/lib/upload/verify/reap";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { dropInto } from "@/tests/integration/main-job/drops";
import { hex } from "@/tests/support/checksums";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { drop, ignore, opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

// A contributor replaces only what they made: each way in ends as a conflict, and the file stays as it was.

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

const path = "reef.jpg";
const anns = "the bytes of Ann";
const bens = "the bytes of Ben";
const refused = [{ path, reason: othersFileReason }];

let owner: UserViewer;
let slug: string;
let ann: UserViewer;
let ben: UserViewer;
let ed: UserViewer;
let annsUpload: string;

beforeAll(async () => {
  owner = await testUser("Owner");
});

beforeEach(async () => {
  slug = await testCollection(owner);
  [ann, ben, ed] = await Promise.all([
    testMember(slug, "contributor"),
    testMember(slug, "contributor"),
    testMember(slug, "editor"),
  ]);
  annsUpload = (await dropInto(slug, { [path]: anns }, { by: ann })).id;
});

const hashed = (name: string, text: string) => ({
  path: name,
  size: Buffer.byteLength(text),
  sha256: hex("sha256", text),
});

/** The bytes that the collection shows at the path, by their MD5; null where it shows none. */
async function shown(name = path): Promise<string | null> {
  const media = await db().media.findFirst({
    where: { path: name, deletedAt: null, collection: { slug } },
    select: { currentRevision: { select: { md5: true } } },
  });
  return media?.currentRevision?.md5 ?? null;
}

const rejectedOf = async (by: UserViewer, id: string) => (await uploadStatus(by, id)).rejected;

describe("registering", () => {
  it("says that the path is another person's, and reserves nothing for it", async () => {
    const upload = await opened(ben, slug);
    const film = { path, size: 20_000_000 };
    const [answer] = await registerFiles(ben, upload.id, [film]);
    expect(answer).toEqual({ path, status: "conflict", reason: othersFileReason, exists: "other" });
    expect((await db().upload.findUniqueOrThrow({ where: { id: upload.id } })).reservedBytes).toBe(0n);
    const { id: fileId } = await db().uploadFile.findFirstOrThrow({ where: { uploadId: upload.id } });
    await expect(signParts(ben, upload.id, { fileId, parts: [1] })).rejects.toMatchObject({ code: "INVALID" });
  });

  it("takes the same bytes for what they are, and lets their maker and editors replace the file", async () => {
    const answer = async (by: UserViewer, text: string) =>
      (await registerFiles(by, (await opened(by, slug)).id, [hashed(path, text)]))[0]?.status;
    expect(await answer(ben, anns)).toBe("present");
    expect(await answer(ben, bens)).toBe("conflict");
    expect([await answer(ann, "new"), await answer(ed, "new")]).toEqual(["post", "post"]);
    await db().media.updateMany({ where: { path, collection: { slug } }, data: { createdById: null } });
    expect([await answer(ann, "new"), await answer(ed, "new")]).toEqual(["conflict", "post"]);
  });

  it("ends parts that were begun before the path was another person's", async () => {
    const upload = await opened(ben, slug);
    const film = { path: "film.mov", size: 20_000_000 };
    const [begun] = await registerFiles(ben, upload.id, [film]);
    const fileId = begun?.multipart?.fileId ?? "";
    await signParts(ben, upload.id, { fileId, parts: [1] });
    await dropInto(slug, { "film.mov": anns }, { by: ann });
    expect(await registerFiles(ben, upload.id, [film])).toMatchObject([{ status: "conflict" }]);
    expect(await db().uploadFile.findUniqueOrThrow({ where: { id: fileId } })).toMatchObject({ s3UploadId: null });
    await expect(signParts(ben, upload.id, { fileId, parts: [2] })).rejects.toMatchObject({ code: "INVALID" });
  });
});

describe("verifying", () => {
  it.each([
    ["registered and sent all the same", true],
    ["sent without being registered", false],
  ])("rejects what was %s", async (_, isRegistered) => {
    const upload = await opened(ben, slug);
    if (isRegistered) await registerFiles(ben, upload.id, [hashed(path, bens)]);
    await post(upload, path, bens);
    await post(upload, "mine.jpg", bens);
    await verified(ben, upload);
    expect(await rejectedOf(ben, upload.id)).toEqual(refused);
    expect([await shown(), await shown("mine.jpg")]).toEqual([hex("md5", anns), hex("md5", bens)]);
    // Its bytes do not stay in the bucket either.
    expect(await reapUpload(system, upload.id)).toMatchObject({ versions: 1 });
  });

  it("rejects a file whose path became another person's since it was registered", async () => {
    const upload = await opened(ben, slug);
    expect(await registerFiles(ben, upload.id, [hashed("new.jpg", bens)])).toMatchObject([{ status: "post" }]);
    await post(upload, "new.jpg", bens);
    await dropInto(slug, { "new.jpg": anns }, { by: ann });
    await verified(ben, upload);
    expect(await rejectedOf(ben, upload.id)).toEqual([{ path: "new.jpg", reason: othersFileReason }]);
    expect(await shown("new.jpg")).toBe(hex("md5", anns));
  });

  it("gives a new path to one of two people who race for it, for good", async () => {
    const uploads = [await drop(ann, slug, { "race.jpg": anns }), await drop(ben, slug, { "race.jpg": bens })];
    await Promise.all(uploads.map(({ id }) => verifyUpload(system, id, ignore)));
    const counts = await Promise.all(
      uploads.map(({ id }, index) => uploadStatus(index === 0 ? ann : ben, id).then(({ files }) => files)),
    );
    expect(counts.map(({ verified: count, rejected }) => [count, rejected]).toSorted()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    const winner = counts[0]?.verified === 1 ? anns : bens;
    expect(await shown("race.jpg")).toBe(hex("md5", winner));
  });

  it("asks for the role of that moment: an editor who is one no more replaces nothing", async () => {
    const upload = await drop(ed, slug, { [path]: "by an editor" });
    await setMember(owner, slug, { userId: ed.userId, role: "contributor" });
    await verifyUpload(system, upload.id, ignore);
    expect(await rejectedOf(ed, upload.id)).toEqual(refused);
    await setMember(owner, slug, { userId: ed.userId, role: "editor" });
    await dropInto(slug, { [path]: "by an editor" }, { by: ed });
    expect(await shown()).toBe(hex("md5", "by an editor"));
  });

  it("rejects a copy of known bytes to a path of another person's file, which changed since it was registered", async () => {
    const upload = await opened(ben, slug);
    expect(await registerFiles(ben, upload.id, [hashed(path, anns)])).toMatchObject([{ status: "present" }]);
    await dropInto(slug, { [path]: "newer bytes of Ann" }, { by: ann });
    await verified(ben, upload);
    expect(await rejectedOf(ben, upload.id)).toEqual(refused);
    expect(await shown()).toBe(hex("md5", "newer bytes of Ann"));
  });
});

describe("a path in the trash", () => {
  const idOf = async () => (await db().media.findFirstOrThrow({ where: { path, collection: { slug } } })).id;

  it("is not taken over from the person who made the file, by sending it or by restoring it", async () => {
    const id = await idOf();
    await trashMedia(ed, id);
    const upload = await opened(ben, slug);
    expect(await registerFiles(ben, upload.id, [hashed(path, bens)])).toEqual([
      { path, status: "conflict", reason: othersFileReason },
    ]);
    await post(upload, path, bens);
    await verified(ben, upload);
    expect(await rejectedOf(ben, upload.id)).toEqual(refused);
    await expect(restoreMedia(ben, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await shown()).toBeNull();
    await dropInto(slug, { [path]: "again" }, { by: ann });
    expect(await shown()).toBe(hex("md5", "again"));
  });

  it("is not taken over while its upload is undone: a redo shows the file of the person who made it", async () => {
    await undoUpload(ann, annsUpload);
    const upload = await drop(ben, slug, { [path]: bens });
    await verifyUpload(system, upload.id, ignore);
    expect(await rejectedOf(ben, upload.id)).toEqual(refused);
    expect(await shown()).toBeNull();
    await redoUpload(ann, annsUpload);
    expect(await shown()).toBe(hex("md5", anns));
  });
});

it("an undo changes other people's files only for those who may do so now", async () => {
  const { id } = await dropInto(slug, { [path]: "by an editor", "eds.jpg": "one" }, { by: ed });
  await setMember(owner, slug, { userId: ed.userId, role: "contributor" });
  const message = expect.stringMatching(/Nothing was undone/);
  await expect(undoUpload(ed, id)).rejects.toMatchObject({ code: "CONFLICT", message });
  expect([await shown(), await shown("eds.jpg")]).toEqual([hex("md5", "by an editor"), hex("md5", "one")]);
  expect(await db().uploadUndo.count({ where: { uploadId: id } })).toBe(0);
  // Their own files they may take back.
  const own = await dropInto(slug, { "eds.jpg": "two" }, { by: ed });
  await undoUpload(ed, own.id);
  expect(await shown("eds.jpg")).toBe(hex("md5", "one"));
  await undoUpload(owner, id);
  expect([await shown(), await shown("eds.jpg")]).toEqual([hex("md5", anns), null]);
  // Undone already: nothing is left to refuse.
  await undoUpload(ed, id);
});

it("a redo replaces other people's files only for those who may do so now", async () => {
  const { id } = await dropInto(slug, { [path]: "by an editor" }, { by: ed });
  await undoUpload(ed, id);
  expect(await shown()).toBe(hex("md5", anns));
  await setMember(owner, slug, { userId: ed.userId, role: "contributor" });
  await expect(redoUpload(ed, id)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await shown()).toBe(hex("md5", anns));
  await redoUpload(owner, id);
  expect(await shown()).toBe(hex("md5", "by an editor"));
});
