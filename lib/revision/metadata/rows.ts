import "server-only";
import { sql } from "kysely";
import { columns, db, query, rowsOf } from "@/lib/db";

const r = columns("revision", "r");

/**
 * Selects pictures whose metadata rules older than this version read. The condition is that of the partial index
 * `revision_metadata_outdated_idx`, which holds nothing else.
 */
export async function selectOutdatedMetadata(metadataVersion: number, limit: number): Promise<string[]> {
  const isOutdated = sql<boolean>`${r.metadata_version} < ${sql.lit(metadataVersion)}
    AND ${r.state} IN ('ready', 'kept') AND ${r.content_type} LIKE 'image/%'`;
  const revisions = await rowsOf(
    db(),
    query.selectFrom("revision as r").select("r.id").where(isOutdated).orderBy("r.id").limit(limit),
  );
  return revisions.map(({ id }) => id);
}
