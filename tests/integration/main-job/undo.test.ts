import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db, firstId } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { recordDerivation, restoreMedia, trashMedia } from "@/lib/media/commands";
import { openUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { finishUndo, redoUpload, undoUpload } from "@/lib/upload/undo/commands";
import { uploadsToUndo } from "@/lib/upload/undo/queries";
import { hex } from "@/tests/support/checksums";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { type DropOptions, derive, dropInto, manyFiles, shownIn, takenAt } from "./drops";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
});

type Files = Record<string, string>;
const drop = (files: Files, options: Partial<DropOptions> = {}) => dropInto(slug, files, { by: owner, ...options });
const shown = () => shownIn(slug);

describe("undoing an upload", () => {
  it("trashes media it made and reverts media it revised; a redo restores both", async () => {
    slug = await testCollection(owner);
    await drop({ old: "1", untouched: "1" });
    const { id } = await drop({ old: "22", new: "333", "more/new": "4444" });
    expect(await shown()).toEqual({ old: 2, untouched: 1, new: 3, "more/new": 4 });
    await undoUpload(owner, id);
    await undoUpload(owner, id);
    expect(await shown()).toEqual({ old: 1, untouched: 1 });
    expect((await uploadStatus(owner, id)).undoneAt).toEqual(expect.any(String));
    await redoUpload(owner, id);
    await redoUpload(owner, id);
    expect(await shown()).toEqual({ old: 2, untouched: 1, new: 3, "more/new": 4 });
    expect((await uploadStatus(owner, id)).undoneAt).toBeNull();
    const actions = await db().event.findMany({
      where: { subjectId: id },
      select: { action: true },
      orderBy: { id: "asc" },
    });
    expect(actions.map(({ action }) => action).slice(-2)).toEqual(["upload.undone", "upload.redone"]);
  });

  it("restores when and where the earlier picture was taken", async () => {
    slug = await testCollection(owner);
    const first = await drop({ a: "1" }, { derived: false });
    for (const id of first.revisions) await derive(id, takenAt, {}, 120);
    const second = await drop({ a: "22" }, { derived: false });
    for (const id of second.revisions) await derive(id, new Date("2025-01-01T00:00:00Z"));
    const media = () => db().media.findFirstOrThrow({ where: { collection: { slug } } });
    expect(await media()).toMatchObject({ takenKnown: true, takenOffsetMinutes: null });
    await undoUpload(owner, second.id);
    const earlier = { takenAt, takenKnown: true, takenOffsetMinutes: 120, latitude: 12.5 };
    expect(await media()).toMatchObject({ ...earlier, currentRevisionId: first.revisions[0] });
  });

  it("leaves no date of an undone picture to an earlier one that has none", async () => {
    slug = await testCollection(owner);
    await drop({ a: "1" });
    const second = await drop({ a: "22" }, { derived: false });
    for (const id of second.revisions) await derive(id, takenAt, {}, 120);
    const media = () => db().media.findFirstOrThrow({ where: { collection: { slug } } });
    expect(await media()).toMatchObject({ takenAt, takenKnown: true, takenOffsetMinutes: 120 });
    await undoUpload(owner, second.id);
    expect(await media()).toMatchObject({ takenKnown: false, takenOffsetMinutes: null });
    const third = await drop({ a: "333" }, { derived: false });
    for (const id of third.revisions) await derive(id, takenAt, {}, 120);
    await drop({ a: "4444" }); // Without a date: an edited copy keeps the place of its picture.
    expect(await media()).toMatchObject({ takenAt, takenKnown: true, takenOffsetMinutes: 120 });
  });

  it("leaves media that were revised or restored since unchanged", async () => {
    slug = await testCollection(owner);
    const { id } = await drop({ a: "1", b: "1", c: "1" });
    await drop({ a: "22" });
    await undoUpload(owner, id);
    expect(await shown()).toEqual({ a: 2 });
    const b = await db().media.findFirstOrThrow({ where: { collection: { slug }, path: "b" } });
    await restoreMedia(owner, b.id);
    await undoUpload(owner, id);
    expect(await shown()).toEqual({ a: 2, b: 1 });
    await redoUpload(owner, id);
    expect(await shown()).toEqual({ a: 2, b: 1, c: 1 });
  });

  it("holds for revisions derived afterwards, until it is redone", async () => {
    slug = await testCollection(owner);
    await drop({ old: "1" });
    const { id, revisions } = await drop({ old: "22", new: "333" }, { derived: false });
    await undoUpload(owner, id);
    for (const revision of revisions) await derive(revision);
    expect(await shown()).toEqual({ old: 1 });
    await redoUpload(owner, id);
    expect(await shown()).toEqual({ old: 2, new: 3 });
  });

  it("of two uploads in turn goes back step by step", async () => {
    slug = await testCollection(owner);
    const uploads = [await drop({ a: "1" }), await drop({ a: "22" }), await drop({ a: "333" })];
    for (const [index, expected] of [
      [1, { a: 3 }],
      [2, { a: 1 }],
      [0, {}],
    ] as const) {
      await undoUpload(owner, uploads[index]?.id ?? "");
      expect(await shown()).toEqual(expected);
    }
    for (const [index, expected] of [
      [0, { a: 1 }],
      [2, { a: 3 }],
      [1, { a: 3 }],
    ] as const) {
      await redoUpload(owner, uploads[index]?.id ?? "");
      expect(await shown()).toEqual(expected);
    }
  });

  it("ends in one state after any number of concurrent undos and redos", async () => {
    slug = await testCollection(owner);
    await drop({ old: "1" });
    const { id } = await drop({
      old: "22",
      ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`n${n}`, "x"])),
    });
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(Array.from({ length: 8 }, (_, n) => (n % 2 ? redoUpload(owner, id) : undoUpload(owner, id))));
      const isUndone = (await uploadStatus(owner, id)).undoneAt !== null;
      const files = await shown();
      expect(Object.keys(files), `round ${round}`).toHaveLength(isUndone ? 1 : 31);
      expect(files.old, `round ${round}`).toBe(isUndone ? 1 : 2);
      await undoUpload(owner, id);
      expect(await shown()).toEqual({ old: 1 });
    }
  });

  it("leaves what another upload brought as well, until that is undone too", async () => {
    slug = await testCollection(owner);
    const other = await testMember(slug, "contributor");
    const first = await drop({ a: "same", b: "1" });
    const second = await drop({ a: "same", c: "1" }, { by: other });
    expect(second.revisions).toHaveLength(1);
    await undoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 4, c: 1 });
    await undoUpload(other, second.id);
    expect(await shown()).toEqual({});
    await redoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 4, b: 1 });
    await redoUpload(other, second.id);
    await undoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 4, c: 1 });
  });

  it("ignores bytes that were only registered", async () => {
    slug = await testCollection(owner);
    const { id } = await drop({ a: "same" });
    const open = await openUpload(owner, { collectionSlug: slug });
    const [answer] = await registerFiles(owner, open.id, [{ path: "a", size: 4, sha256: hex("sha256", "same") }]);
    expect(answer?.status).toBe("present");
    await undoUpload(owner, id);
    expect(await shown()).toEqual({});
  });

  it("shows a newer file that waits to be derived", async () => {
    slug = await testCollection(owner);
    const first = await drop({ a: "1" });
    const second = await drop({ a: "22" }, { derived: false });
    expect(await shown()).toEqual({ a: 1 });
    await undoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 2 });
    for (const revision of second.revisions) await derive(revision);
    expect(await shown()).toEqual({ a: 2 });
    await redoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 2 });
  });

  it("is redone in any order", async () => {
    slug = await testCollection(owner);
    const first = await drop({ a: "1" });
    const second = await drop({ a: "22" });
    await undoUpload(owner, second.id);
    await undoUpload(owner, first.id);
    expect(await shown()).toEqual({});
    await redoUpload(owner, second.id);
    expect(await shown()).toEqual({ a: 2 });
    await redoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 2 });
  });

  it("restores a broken file as it was", async () => {
    slug = await testCollection(owner);
    const first = await drop({ a: "1" }, { derived: false });
    const reason = "It cannot be read.";
    for (const id of first.revisions) {
      await recordDerivation(system, id, { state: "rejected", contentType: null, reason });
    }
    const second = await drop({ a: "22" });
    await undoUpload(owner, second.id);
    expect(await shown()).toEqual({ a: 1 });
    await undoUpload(owner, first.id);
    expect(await shown()).toEqual({});
    await redoUpload(owner, first.id);
    expect(await shown()).toEqual({ a: 1 });
  });

  it("resumes where it was cut short, by a person or the worker", async () => {
    slug = await testCollection(owner);
    const { id } = await drop({ a: "1", b: "1" });
    // As a process leaves it that was killed before its first page.
    await db().uploadUndo.create({ data: { uploadId: id, at: new Date(), cursor: firstId } });
    expect(await uploadsToUndo(system, 10)).toEqual([id]);
    await undoUpload(owner, id);
    expect(await shown()).toEqual({});
    expect(await uploadsToUndo(system, 10)).toEqual([]);
    await db().uploadUndo.update({ where: { uploadId: id }, data: { redoneAt: new Date(), cursor: firstId } });
    await finishUndo(system, id);
    expect(await shown()).toEqual({ a: 1, b: 1 });
    expect(await uploadsToUndo(system, 10)).toEqual([]);
    expect(await db().uploadUndo.count({ where: { uploadId: id } })).toBe(0);
  });

  it("of many files is finished by the worker, and redone before that, too", async () => {
    slug = await testCollection(owner);
    const { id } = await drop({ a: "1" });
    await manyFiles(slug, id, 12_000);
    await undoUpload(owner, id);
    expect(await uploadsToUndo(system, 10)).toEqual([id]);
    const restored = await db().media.findFirstOrThrow({ where: { collection: { slug }, trashedByUndo: true } });
    await restoreMedia(owner, restored.id);
    await finishUndo(system, id);
    // What a person restored since is not trashed again.
    expect(Object.keys(await shown())).toEqual([restored.path]);
    await redoUpload(owner, id);
    await undoUpload(owner, id);
    await redoUpload(owner, id);
    await finishUndo(system, id);
    expect(Object.keys(await shown())).toHaveLength(12_001);
  });

  it("does not restore what a person put in the trash", async () => {
    slug = await testCollection(owner);
    const { id } = await drop({ a: "1", b: "1" });
    const { id: trashed } = await db().media.findFirstOrThrow({ where: { collection: { slug }, path: "a" } });
    await trashMedia(owner, trashed);
    await undoUpload(owner, id);
    await redoUpload(owner, id);
    expect(await shown()).toEqual({ b: 1 });
  });

  it("is for its sender and for editors, once it is verified", async () => {
    slug = await testCollection(owner);
    const sender = await testMember(slug, "contributor");
    const { id } = await drop({ a: "1" }, { by: sender });
    const other = await testMember(slug, "contributor");
    await expect(undoUpload(other, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(redoUpload(await testUser(), id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const open = await openUpload(owner, { collectionSlug: slug });
    await expect(undoUpload(owner, open.id)).rejects.toMatchObject({ code: "CONFLICT" });
    await undoUpload(sender, id);
    await redoUpload(await testMember(slug, "editor"), id);
    expect(await shown()).toEqual({ a: 1 });
  });

  it("by an editor is not redone by the sender, who may not restore from the trash either", async () => {
    slug = await testCollection(owner);
    const sender = await testMember(slug, "contributor");
    const editor = await testMember(slug, "editor");
    const { id } = await drop({ a: "1" }, { by: sender });
    await undoUpload(editor, id);
    await expect(redoUpload(sender, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await shown()).toEqual({});
    await redoUpload(editor, id);
    await undoUpload(sender, id);
    await redoUpload(sender, id);
    expect(await shown()).toEqual({ a: 1 });
  });
});
