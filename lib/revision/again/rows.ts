import "server-only";
import { type SqlBool, sql } from "kysely";
import { columns, db, query, rowsOf } from "@/lib/db";

const r = columns("revision", "r");

/**
 * Selects pictures whose metadata rules older than this version read. The condition is that of the partial index
 * `revision_metadata_outdated_idx`, which holds nothing else.
 */
export function selectOutdatedMetadata(metadataVersion: number, limit: number): Promise<string[]> {
  return select(
    sql`${r.metadata_version} < ${sql.lit(metadataVersion)} AND ${r.state} IN ('ready', 'kept') AND ${r.content_type} LIKE 'image/%'`,
    limit,
  );
}

type OldestVersions = { readonly byType: Readonly<Record<string, number>>; readonly ofOthers: number };

/**
 * Selects pictures that rules older than these versions decoded, and those with derivatives to be deleted. The condition is that of
 * the partial index `revision_picture_outdated_idx`, which holds nothing else.
 */
export function selectOutdatedPictures({ byType, ofOthers }: OldestVersions, limit: number): Promise<string[]> {
  const types = Object.entries(byType).map(([type, version]) => sql`WHEN ${sql.lit(type)} THEN ${sql.lit(version)}`);
  const oldest = sql`CASE ${r.content_type} ${sql.join(types, sql` `)} ELSE ${sql.lit(ofOthers)} END`;
  return select(
    sql`${r.state} <> 'pending' AND (${r.picture_version} < ${oldest} OR ${r.spare_derived_id} IS NOT NULL)`,
    limit,
  );
}

async function select(isOutdated: ReturnType<typeof sql<SqlBool>>, limit: number): Promise<string[]> {
  const revisions = await rowsOf(
    db(),
    query.selectFrom("revision as r").select("r.id").where(isOutdated).orderBy("r.id").limit(limit),
  );
  return revisions.map(({ id }) => id);
}

/**
 * Gives a picture that rules older than this version decoded a second derived id where it has none. Returns it; null when the
 * picture is no longer outdated.
 */
export async function setSpareDerivedId(
  revisionId: string,
  derivedId: string,
  pictureVersion: number,
): Promise<string | null> {
  const [revision] = await rowsOf(
    db(),
    query
      .updateTable("revision")
      .set(({ fn, val }) => ({ spare_derived_id: fn.coalesce("spare_derived_id", val(derivedId)) }))
      .where("id", "=", revisionId)
      .where("state", "<>", sql<"pending">`'pending'`)
      .where("picture_version", "<", pictureVersion)
      .returning("spare_derived_id"),
  );
  return revision?.spare_derived_id ?? null;
}
