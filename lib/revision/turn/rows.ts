import "server-only";
import { sql } from "kysely";
import { columns, db, query, rowsOf, type Transaction, uuid } from "@/lib/db";

/** The turns of a page of revisions: the n-th, from 1, has the turn `after + n * step`. */
export type Turns = { after: number; step: number };

/** With more uploads a person gets more turns. It bounds how far one upload carries the numbers towards the largest one. */
const maxStep = 128;
const maxTurn = 2 ** 31 - 1;

/**
 * Gives turns to revisions that an upload is about to insert. It starts behind what is derived now and not behind what waits, so
 * that uploads of several people take turns, whatever their sizes (start-time fair queuing: Goyal, Vin and Cheng, 1996). Uploads
 * of one person share that person's turns: the more of them wait, the wider the step. Needs the upload's lock.
 */
export async function reserveTurns(tx: Transaction, uploadId: string, count: number): Promise<Turns> {
  const [r, own, other, last] = [
    columns("revision", "r"),
    columns("upload", "own"),
    columns("upload", "other"),
    columns("upload", "last"),
  ];
  const [turns] = await rowsOf(
    tx,
    sql<Turns>`
      WITH head AS (
        SELECT coalesce(
          (SELECT ${r.derive_order} FROM "revision" r WHERE ${r.state} = 'pending' ORDER BY ${r.derive_order} LIMIT 1),
          (SELECT ${last.derive_order} FROM "upload" last ORDER BY ${last.derive_order} DESC LIMIT 1)) AS "turn"
      ), turns AS (
        SELECT greatest(${own.derive_order}, head."turn") AS "after", 1 + (
          SELECT count(*) FROM (
            SELECT FROM "upload" other
            WHERE ${other.created_by_id} = ${own.created_by_id} AND ${other.id} <> ${own.id} AND ${other.derive_order} > head."turn"
            LIMIT ${sql.lit(maxStep - 1)}) waiting)::int AS "step"
        FROM "upload" own, head WHERE ${own.id} = ${uuid(uploadId)}
      )
      UPDATE "upload" SET ${columns("upload").derive_order} = least(${sql.lit(maxTurn)}, turns."after" + turns."step" * ${count}::bigint)
      FROM turns WHERE ${columns("upload", "upload").id} = ${uuid(uploadId)}
      RETURNING turns."after", turns."step"`,
  );
  return turns ?? { after: 0, step: 1 };
}

/** Selects revisions that wait to be derived, in the order of their turns, each with the person who uploaded it. */
export function selectPending(limit: number) {
  return rowsOf(
    db(),
    query
      .selectFrom("revision as r")
      .innerJoin("upload as u", "u.id", "r.upload_id")
      .select(["r.id", "r.derive_order as deriveOrder", "u.created_by_id as personId"])
      .where("r.state", "=", sql<"pending">`'pending'`)
      .orderBy("r.derive_order")
      .orderBy("r.id")
      .limit(limit),
  );
}

/** Gives a pending revision the turn after all that wait. Returns that turn; null when it is no longer pending. */
export async function moveToEnd(revisionId: string): Promise<number | null> {
  const u = columns("upload", "u");
  const [revision] = await rowsOf(
    db(),
    query
      .updateTable("revision")
      .set({
        derive_order: sql<number>`(SELECT least(${sql.lit(maxTurn)}, max(${u.derive_order})::bigint + 1)::int FROM "upload" u)`,
      })
      .where("id", "=", revisionId)
      .where("state", "=", "pending")
      .returning("derive_order"),
  );
  return revision?.derive_order ?? null;
}
