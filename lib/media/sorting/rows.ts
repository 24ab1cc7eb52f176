import "server-only";
import { sql } from "kysely";
import { columns, execute, query, rowsOf, type Transaction, unnest } from "@/lib/db";
import { sortPathOf } from "@/lib/revision/policy";

const unsorted = query
  .selectFrom("media")
  .select(["id", "path"])
  // As a literal, by which the planner knows the partial index.
  .where("sort_path", "=", sql.lit(""))
  .orderBy("id")
  // Never waits for another transaction, so none waits for this one in a circle. Rows that are locked now are left for later.
  .forNoKeyUpdate()
  .skipLocked();

const [media, m, s] = [columns("media"), columns("media", "m"), columns("media", "s")];
const [first, u] = [columns("revision", "first"), columns("upload", "u")];

/** When the upload that made media `m` was sealed, where it has the instant of its insertion for want of a date. */
const undatedAt = sql`(
  SELECT ${u.sealed_at} FROM "revision" first JOIN "upload" u ON ${u.id} = ${first.upload_id}
  WHERE ${first.media_id} = ${m.id} AND ${first.number} = 1 AND ${m.taken_at} = ${m.created_at}
)`;

/**
 * Gives media that have none their sort path, in the order of their ids from after `after`, and those without a date the instant
 * of their upload, as new media have them. Returns the last id of a full page; null after the last page.
 */
export async function sortPage(tx: Transaction, after: string, pageSize: number): Promise<string | null> {
  const page = await rowsOf(tx, unsorted.where("id", ">", after).limit(pageSize));
  const sorted = page.map(({ id, path }) => ({ id, sort_path: sortPathOf(path) }));
  await execute(
    tx,
    sql`
      UPDATE "media" m SET
        ${media.sort_path} = ${s.sort_path},
        ${media.taken_at} = coalesce(${undatedAt}, ${m.taken_at}),
        ${media.created_at} = coalesce(${undatedAt}, ${m.created_at})
      FROM ${unnest("s", sorted, { id: "uuid", sort_path: "text" })}
      WHERE ${m.id} = ${s.id}`,
  );
  return page.length === pageSize ? (page.at(-1)?.id ?? null) : null;
}
