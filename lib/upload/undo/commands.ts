import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { db, type Transaction } from "@/lib/db";
import { AppError, notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { sendUndo } from "@/lib/jobs/queue/queue";
import { lockCollection, longTransaction } from "@/lib/locks";
import { mayReplace, uploadFrom } from "../policy";
import { visibleUploadsWhere } from "../queries";
import { ended, uploaderOf } from "../rows";
import { applyUndoPage, insertUndo, isAllReplaceable, startRedo } from "./rows";

/** Pages of a few thousand files each that a request applies while a person waits. The worker applies the rest. */
const pagesInRequest = 5;

const mayNotUndo =
  "This upload replaced files that other people added, and you may not change those any more. Nothing was undone. Ask an editor of the collection to undo it.";
const mayNotRedo =
  "This upload replaced files that other people added, and you may not replace those any more. Nothing was changed. Ask an editor of the collection.";

type UploadIds = { id: string; collectionId: string };

/**
 * Undoes an upload: media it made go to the trash, and media it revised show what they showed before, or what other uploads
 * made of them since. Bytes that another upload brought as well stay. Nothing is deleted, so `redoUpload` restores everything.
 * The undo is recorded first and then applied in pages, by the worker where there are many; once applied, it leaves alone what
 * people restore from the trash. Idempotent. Throws NOT_FOUND, CONFLICT (not verified yet, or it replaced media of others that the
 * viewer may not replace).
 */
export async function undoUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await applyUndo(uploadId, viewer, undo);
}

/**
 * Restores what `undoUpload` removed, except what people restored or trashed since. Another person's undo is redone only by
 * viewers who may trash media of the collection. Idempotent. Throws NOT_FOUND, CONFLICT (not verified yet, or it replaced
 * media of others that the viewer may not replace).
 */
export async function redoUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await applyUndo(uploadId, viewer, redo);
}

/** Applies the rest of an undo or redo: what a request left to the worker, or was cut short in. */
export async function finishUndo(viewer: Viewer, uploadId: string): Promise<void> {
  if (viewer.kind !== "system") throw notFound("upload");
  const upload = await db().upload.findUnique({ where: { id: uploadId }, select: { id: true, collectionId: true } });
  if (upload) await applyUndoPages(upload, Number.POSITIVE_INFINITY);
}

async function applyUndo(uploadId: string, viewer: Viewer, record: typeof undo): Promise<void> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, visibleUploadsWhere(viewer)] },
    select: { id: true, collectionId: true, state: true },
  });
  if (!upload) throw notFound("upload");
  if (!uploadFrom.undo.some((state) => state === upload.state)) throw ended(upload.state, null);
  await db().$transaction(async (tx) => {
    await lockCollection(tx, upload.collectionId);
    await record(tx, viewer, upload);
  }, longTransaction);
  if (await applyUndoPages(upload, pagesInRequest)) await sendUndo(upload.id);
}

async function undo(tx: Transaction, viewer: Viewer, { id, collectionId }: UploadIds): Promise<void> {
  const undone = await tx.uploadUndo.findUnique({ where: { uploadId: id }, select: { redoneAt: true } });
  if (undone && !undone.redoneAt) return;
  await requireReplaceable(tx, viewer, { id, collectionId }, mayNotUndo);
  if (!(await insertUndo(tx, id, viewer.kind === "user" ? viewer.userId : null))) return;
  await recordEvent(tx, viewer, { ...about(id, collectionId), action: "upload.undone" });
}

async function redo(tx: Transaction, viewer: Viewer, { id, collectionId }: UploadIds): Promise<void> {
  const undone = await tx.uploadUndo.findUnique({ where: { uploadId: id }, select: { byId: true, redoneAt: true } });
  if (!undone || undone.redoneAt) return;
  if (!(await mayRedo(tx, viewer, { collectionId, byId: undone.byId }))) throw notFound("upload");
  await requireReplaceable(tx, viewer, { id, collectionId }, mayNotRedo);
  await startRedo(tx, id);
  await recordEvent(tx, viewer, { ...about(id, collectionId), action: "upload.redone" });
}

async function mayRedo(
  tx: Transaction,
  viewer: Viewer,
  { collectionId, byId }: { collectionId: string; byId: string | null },
): Promise<boolean> {
  if (viewer.kind === "user" && viewer.userId === byId) return true;
  const mayTrash = { AND: [{ id: collectionId }, collectionsWhere(viewer, "trashMedia")] };
  return (await tx.collection.count({ where: mayTrash })) > 0;
}

/** An undo or redo changes what media show, as the upload did: other people's media need the right to edit those now. */
async function requireReplaceable(
  tx: Transaction,
  viewer: Viewer,
  { id, collectionId }: UploadIds,
  message: string,
): Promise<void> {
  if (viewer.kind !== "user") return;
  const uploader = await uploaderOf(tx, { collectionId, createdById: viewer.userId });
  // For editors no revision need be read.
  if (mayReplace(uploader, { createdById: null }) || (await isAllReplaceable(tx, id, uploader))) return;
  throw new AppError("CONFLICT", message);
}

/** Each page is a transaction that reads whether to undo or redo. Returns whether pages are left. */
async function applyUndoPages({ id, collectionId }: UploadIds, maxPages: number): Promise<boolean> {
  for (let pages = 0; pages < maxPages; pages += 1) {
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
