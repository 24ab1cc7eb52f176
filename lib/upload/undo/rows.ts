import "server-only";
import { type NotNull, sql } from "kysely";
import { execute, firstId, query, rowsOf, type Transaction } from "@/lib/db";
import { showBest } from "@/lib/revision/rows";
import { mayReplace, type Uploader } from "../policy";

const pageSize = 2_000;

/** The time of the statement, not of the start of its transaction. */
const clock = sql<Date>`clock_timestamp()`;

/**
 * Records that an upload is undone, with the database's time; nothing is applied yet. Needs the collection's lock. Returns
 * false when the upload is undone already.
 */
export async function insertUndo(tx: Transaction, uploadId: string, byId: string | null): Promise<boolean> {
  const undo = { by_id: byId, at: clock, redone_at: null, cursor: firstId };
  const inserted = await execute(
    tx,
    query
      .insertInto("upload_undo")
      .values({ upload_id: uploadId, ...undo })
      .onConflict((conflict) =>
        conflict.column("upload_id").doUpdateSet(undo).where("upload_undo.redone_at", "is not", null),
      ),
  );
  return inserted > 0;
}

/** Whether someone may replace all media of which this upload made a revision. */
export async function isAllReplaceable(tx: Transaction, uploadId: string, uploader: Uploader): Promise<boolean> {
  const makers = await rowsOf(
    tx,
    query
      .selectFrom("revision as r")
      .innerJoin("media as m", "m.id", "r.media_id")
      .select("m.created_by_id")
      .distinct()
      .where("r.upload_id", "=", uploadId),
  );
  return makers.every((media) => mayReplace(uploader, { createdById: media.created_by_id }));
}

/** Records that an upload is no longer undone; nothing is applied yet. Needs the collection's lock. */
export async function startRedo(tx: Transaction, uploadId: string): Promise<void> {
  await execute(
    tx,
    query.updateTable("upload_undo").set({ redone_at: clock, cursor: firstId }).where("upload_id", "=", uploadId),
  );
}

/**
 * Applies an undo or redo to the next few thousand media of its upload, and records how far that went. Needs the collection's
 * lock. Returns false when nothing is left to do.
 */
export async function applyUndoPage(tx: Transaction, uploadId: string, collectionId: string): Promise<boolean> {
  const undo = await tx.uploadUndo.findUnique({
    where: { uploadId },
    select: { at: true, redoneAt: true, cursor: true },
  });
  if (!undo || undo.cursor === null) return false;
  const page = await selectPage(tx, uploadId, undo.cursor);
  const revisionIds = page.map(({ revision_id }) => revision_id);
  await showBest(tx, collectionId, revisionIds, undo.redoneAt ? { redone: true } : { undoneAt: undo.at });
  const last = page.length === pageSize ? page.at(-1) : undefined;
  if (undo.redoneAt && !last) await tx.uploadUndo.delete({ where: { uploadId } });
  else await tx.uploadUndo.update({ where: { uploadId }, data: { cursor: last?.at ?? null } });
  return last !== undefined;
}

/** Selects the next revisions that an upload made or brought again. The ids of both are random, so one order serves both. */
function selectPage(tx: Transaction, uploadId: string, after: string) {
  const made = query
    .selectFrom("revision as r")
    .select(["r.id as at", "r.id as revision_id"])
    .where("r.upload_id", "=", uploadId)
    .where("r.id", ">", after)
    .orderBy("r.id")
    .limit(pageSize);
  const brought = query
    .selectFrom("upload_file as f")
    .innerJoin("upload as u", "u.id", "f.upload_id")
    .select(["f.id as at", "f.same_as_id as revision_id"])
    .where("f.upload_id", "=", uploadId)
    .where("f.same_as_id", "is not", null)
    .where("f.id", ">", after)
    .where("u.sealed_at", "is not", null)
    .$narrowType<{ revision_id: NotNull }>()
    .orderBy("f.id")
    .limit(pageSize);
  return rowsOf(
    tx,
    query
      .selectFrom(made.as("made"))
      .selectAll()
      .unionAll(query.selectFrom(brought.as("brought")).selectAll())
      .orderBy("at")
      .limit(pageSize),
  );
}
