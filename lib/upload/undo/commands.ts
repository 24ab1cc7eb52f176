import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { db, type Transaction } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { sendUndo } from "@/lib/jobs/queue";
import { lockCollection, longTransaction } from "@/lib/locks";
import { uploadFrom } from "../policy";
import { visibleUploadsWhere } from "../queries";
import { ended } from "../rows";
import { applyUndoPage } from "./rows";

/** A few thousand files each: what a person waits for. The worker does the rest. */
const pagesInRequest = 5;

type Turned = { id: string; collectionId: string };

/**
 * Takes back what an upload brought, as if it had not been: media it made go to the trash, media it revised are again what they
 * were before, or what others made of them since. What another upload brought as well stays. Nothing is deleted, so
 * `redoUpload` brings it all back. First it is said, then done in pages, by the worker where there are many; once it is done,
 * what people had out of the trash since is left alone. Throws NOT_FOUND, CONFLICT (not verified yet).
 */
export async function undoUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await turn(uploadId, viewer, undo);
}

/**
 * Brings back what `undoUpload` took and nobody has had out of the trash since. What somebody else undid comes back by those
 * alone who may take things out of the trash: NOT_FOUND for its sender.
 */
export async function redoUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await turn(uploadId, viewer, redo);
}

/** Goes on with an upload that is undone or redone, to the end: what a request left, or was cut short in. */
export async function finishUndo(viewer: Viewer, uploadId: string): Promise<void> {
  if (viewer.kind !== "system") throw notFound("upload");
  const upload = await db().upload.findUnique({ where: { id: uploadId }, select: { id: true, collectionId: true } });
  if (upload) await applyUndoPages(upload, Number.POSITIVE_INFINITY);
}

async function turn(uploadId: string, viewer: Viewer, say: typeof undo): Promise<void> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, visibleUploadsWhere(viewer)] },
    select: { id: true, collectionId: true, state: true },
  });
  if (!upload) throw notFound("upload");
  if (!uploadFrom.undo.some((state) => state === upload.state)) throw ended(upload.state);
  await db().$transaction(async (tx) => {
    await lockCollection(tx, upload.collectionId);
    await say(tx, viewer, upload);
  }, longTransaction);
  if (await applyUndoPages(upload, pagesInRequest)) await sendUndo(upload.id);
}

/** The time is of after the lock: no two undoings have the same. What is looked into from now on changes nothing. */
async function undo(tx: Transaction, viewer: Viewer, { id, collectionId }: Turned): Promise<void> {
  const [said] = await tx.$queryRaw<{ undone_at: Date }[]>`
    UPDATE "upload" SET "undone_at" = clock_timestamp(), "undo_started_at" = clock_timestamp(), "undo_cursor" = NULL
    WHERE "id" = ${id}::uuid AND "undone_at" IS NULL RETURNING "undone_at"`;
  if (!said) return;
  const detail = { undoneAt: said.undone_at.toISOString() };
  await recordEvent(tx, viewer, { ...about(id, collectionId), action: "upload.undone", detail });
}

async function redo(tx: Transaction, viewer: Viewer, upload: Turned): Promise<void> {
  const { id, collectionId } = upload;
  const { undoneAt } = await tx.upload.findUniqueOrThrow({ where: { id }, select: { undoneAt: true } });
  if (!undoneAt) return;
  if (!(await mayRedo(tx, viewer, upload, undoneAt))) throw notFound("upload");
  await tx.$executeRaw`
    UPDATE "upload" SET "undone_at" = NULL, "undo_started_at" = clock_timestamp(), "undo_cursor" = NULL
    WHERE "id" = ${id}::uuid`;
  await recordEvent(tx, viewer, { ...about(id, collectionId), action: "upload.redone" });
}

/** Its audit line is found by the undoing's very time: the clocks of the site and of the database may differ. */
async function mayRedo(tx: Transaction, viewer: Viewer, { id, collectionId }: Turned, undoneAt: Date) {
  if (viewer.kind !== "user") return viewer.kind === "system";
  const line = { subjectId: id, detail: { path: ["undoneAt"], equals: undoneAt.toISOString() } };
  const others = [{ actorId: null }, { actorId: { not: viewer.userId } }];
  if ((await tx.event.count({ where: { ...line, action: "upload.undone", OR: others } })) === 0) return true;
  const mayTrash = { AND: [{ id: collectionId }, collectionsWhere(viewer, "trashMedia")] };
  return (await tx.collection.count({ where: mayTrash })) > 0;
}

/** Each page is a transaction, whoever does it, and in whichever direction it goes by then. Whether more are left. */
async function applyUndoPages({ id, collectionId }: Turned, most: number): Promise<boolean> {
  for (let pages = 0; pages < most; pages += 1) {
    const isMore = await db().$transaction(async (tx) => {
      await lockCollection(tx, collectionId);
      return applyUndoPage(tx, id, collectionId);
    }, longTransaction);
    if (!isMore) return false;
  }
  return true;
}

function about(subjectId: string, collectionId: string) {
  return { subjectType: "upload", subjectId, collectionId } as const;
}
