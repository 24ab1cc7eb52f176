import "server-only";
import { sql } from "kysely";
import { columns, db, execute, query, rowsOf } from "@/lib/db";

/** Gives a pending revision this derived id where it has none. Returns its derived id; null when it is no longer pending. */
export async function setDerivedId(revisionId: string, derivedId: string): Promise<string | null> {
  const [revision] = await rowsOf(
    db(),
    query
      .updateTable("revision")
      .set(({ fn, val }) => ({ derived_id: fn.coalesce("derived_id", val(derivedId)) }))
      .where("id", "=", revisionId)
      .where("state", "=", "pending")
      .returning("derived_id"),
  );
  return revision?.derived_id ?? null;
}

const r = columns("revision");
/** Whether a revision ended without pictures and still names some: the condition of `revision_left_derivatives_idx`. */
const hasLeft = sql<boolean>`${r.derived_id} IS NOT NULL AND ${r.state} IN ('rejected', 'kept')`;

export type LeftDerivatives = { revisionId: string; derivedId: string };

/** Selects derivatives of revisions that ended without pictures, all or those of one revision. */
export async function selectLeftDerivatives(limit: number, revisionId?: string): Promise<LeftDerivatives[]> {
  const left = query.selectFrom("revision").select(["id", "derived_id"]).where(hasLeft).orderBy("id").limit(limit);
  const rows = await rowsOf(db(), revisionId === undefined ? left : left.where("id", "=", revisionId));
  return rows.flatMap(({ id, derived_id: derivedId }) => (derivedId === null ? [] : [{ revisionId: id, derivedId }]));
}

/** Forgets derivatives that were deleted. */
export async function clearLeftDerivatives({ revisionId, derivedId }: LeftDerivatives): Promise<void> {
  await execute(
    db(),
    query
      .updateTable("revision")
      .set({ derived_id: null })
      .where("id", "=", revisionId)
      .where("derived_id", "=", derivedId)
      .where(hasLeft),
  );
}
