import "server-only";
import type { Transaction } from "@/lib/db";
import { showBest } from "@/lib/revision/rows";

const pageSize = 2_000;
const start = "00000000-0000-0000-0000-000000000000";

type Turning = { undone_at: Date | null; undo_cursor: string | null };

/**
 * Under the collection's lock. Brings the next few thousand media of an upload that is being undone or redone to what it says
 * that it is, and remembers how far that went. False when nothing is left to do.
 */
export async function applyUndoPage(tx: Transaction, uploadId: string, collectionId: string): Promise<boolean> {
  const [turning] = await tx.$queryRaw<Turning[]>`
    SELECT "undone_at", "undo_cursor" FROM "upload"
    WHERE "id" = ${uploadId}::uuid AND "undo_started_at" IS NOT NULL FOR NO KEY UPDATE`;
  if (!turning) return false;
  const { undone_at: undoneAt, undo_cursor: after } = turning;
  const page = await selectPage(tx, uploadId, after ?? start);
  const revisionIds = page.map(({ revision_id }) => revision_id);
  await showBest(tx, collectionId, revisionIds, undoneAt ? { undoneAt } : { redone: true });
  const last = page.length === pageSize ? page.at(-1) : undefined;
  await tx.upload.update({
    where: { id: uploadId },
    data: last ? { undoCursor: last.at } : { undoStartedAt: null, undoCursor: null },
  });
  return last !== undefined;
}

/** The next revisions that an upload made, or whose bytes it brought again. The ids of both are random: one order for all. */
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
