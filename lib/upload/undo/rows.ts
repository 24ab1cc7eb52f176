import "server-only";
import { firstId, type Transaction } from "@/lib/db";
import { showBest } from "@/lib/revision/rows";

const pageSize = 2_000;

/**
 * Records that an upload is undone, from the time of the database; nothing is applied yet. Needs the collection's lock. Returns
 * false when the upload is undone already.
 */
export async function insertUndo(tx: Transaction, uploadId: string, byId: string | null): Promise<boolean> {
  const inserted = await tx.$executeRaw`
    INSERT INTO "upload_undo" AS undo ("upload_id", "by_id", "at", "cursor")
    VALUES (${uploadId}::uuid, ${byId}::uuid, clock_timestamp(), ${firstId}::uuid)
    ON CONFLICT ("upload_id") DO UPDATE
      SET "by_id" = EXCLUDED."by_id", "at" = EXCLUDED."at", "redone_at" = NULL, "cursor" = EXCLUDED."cursor"
      WHERE undo."redone_at" IS NOT NULL`;
  return inserted > 0;
}

/** Records that an upload is undone no more; nothing is applied yet. Needs the collection's lock. */
export async function startRedo(tx: Transaction, uploadId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "upload_undo" SET "redone_at" = clock_timestamp(), "cursor" = ${firstId}::uuid
    WHERE "upload_id" = ${uploadId}::uuid`;
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
function selectPage(tx: Transaction, uploadId: string, after: string): Promise<{ at: string; revision_id: string }[]> {
  return tx.$queryRaw`
    (SELECT r."id" AS "at", r."id" AS "revision_id" FROM "revision" r
     WHERE r."upload_id" = ${uploadId}::uuid AND r."id" > ${after}::uuid ORDER BY r."id" LIMIT ${pageSize})
    UNION ALL
    (SELECT f."id", f."same_as_id" FROM "upload_file" f JOIN "upload" u ON u."id" = f."upload_id"
     WHERE f."upload_id" = ${uploadId}::uuid AND f."same_as_id" IS NOT NULL AND f."id" > ${after}::uuid
       AND u."sealed_at" IS NOT NULL
     ORDER BY f."id" LIMIT ${pageSize})
    ORDER BY "at" LIMIT ${pageSize}`;
}
