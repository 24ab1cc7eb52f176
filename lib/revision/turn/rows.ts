import "server-only";
import { sql } from "kysely";
import { columns, db, query, rowsOf, type Transaction, uuid } from "@/lib/db";

/** The turns of a page of revisions: the n-th, from 1, has the turn `after + n * step`. */
export type Turns = { after: bigint; step: number };

/** With more uploads a person gets more turns. It bounds how far one upload carries the numbers. */
const maxStep = 128;

/** The lowest priority of a revision that waits, an int4. Below it is what need not be derived: metadata to be read again. */
const lowestPriority = -(2 ** 31 - 2);
/** Priorities count from a multiple of so many turns (2^30), so that those of different times compare. */
const windowBits = 30;

const [head, r] = [columns("revision", "head"), columns("revision", "r")];
const pending = sql<"pending">`'pending'`;
const headTurn = sql<bigint>`(SELECT ${head.derive_order} FROM "revision" head WHERE ${head.state} = 'pending' ORDER BY ${head.derive_order} LIMIT 1)`;

/**
 * The priority of a revision's job: how far its turn is behind the start of the window in which the head of the line is. Jobs
 * that were queued when the head was in an earlier window have lower ones than they should: the sweep raises them
 * (`raisePriorities`).
 */
const priorityOf = (turn: typeof r.derive_order) =>
  sql<number>`greatest(${sql.lit(lowestPriority)}, (${headTurn} >> ${sql.lit(windowBits)} << ${sql.lit(windowBits)}) - ${turn})::int`;

/**
 * Gives turns to revisions that an upload is about to insert. It starts behind what is derived now and not behind what waits, so
 * that uploads of several people take turns, whatever their sizes (start-time fair queuing: Goyal, Vin and Cheng, 1996). Uploads
 * of one person share that person's turns: the more of them wait, the wider the step. Needs the upload's lock.
 */
export async function reserveTurns(tx: Transaction, uploadId: string, count: number): Promise<Turns> {
  const [own, other, last] = [columns("upload", "own"), columns("upload", "other"), columns("upload", "last")];
  const [turns] = await rowsOf(
    tx,
    sql<Turns>`
      WITH head AS (
        SELECT coalesce(
          ${headTurn},
          (SELECT ${last.derive_order} FROM "upload" last ORDER BY ${last.derive_order} DESC LIMIT 1)) AS "turn"
      ), turns AS (
        SELECT greatest(${own.derive_order}, head."turn") AS "after", 1 + (
          SELECT count(*) FROM (
            SELECT FROM "upload" other
            WHERE ${other.created_by_id} = ${own.created_by_id} AND ${other.id} <> ${own.id} AND ${other.derive_order} > head."turn"
            LIMIT ${sql.lit(maxStep - 1)}) waiting)::int AS "step"
        FROM "upload" own, head WHERE ${own.id} = ${uuid(uploadId)}
      )
      UPDATE "upload" SET ${columns("upload").derive_order} = turns."after" + turns."step" * ${count}::bigint
      FROM turns WHERE ${columns("upload", "upload").id} = ${uuid(uploadId)}
      RETURNING turns."after", turns."step"`,
  );
  return turns ?? { after: 0n, step: 1 };
}

/** What waits to be derived, each with the priority of its job and the person who uploaded it. */
const waiting = query
  .selectFrom("revision as r")
  .innerJoin("upload as u", "u.id", "r.upload_id")
  .select(["r.id", priorityOf(r.derive_order).as("priority"), "u.created_by_id as personId"])
  .where("r.state", "=", pending);

/** Selects revisions that wait to be derived, in the order of their turns. */
export function selectPending(limit: number) {
  return rowsOf(db(), waiting.orderBy("r.derive_order").orderBy("r.id").limit(limit));
}

/** Selects those of an upload's revisions with these keys that wait to be derived. */
export function selectPendingOf(tx: Transaction, uploadId: string, keys: string[]) {
  return rowsOf(tx, waiting.where("r.upload_id", "=", uploadId).where("r.key", "=", sql<string>`ANY(${keys})`));
}

/** Gives a pending revision the turn after all that wait. Returns the priority of its job; null when it is no longer pending. */
export async function moveToEnd(revisionId: string): Promise<number | null> {
  const last = query.selectFrom("upload").select(({ fn }) => fn.max("derive_order").as("turn"));
  const [moved] = await rowsOf(
    db(),
    query
      .updateTable("revision as r")
      .set({ derive_order: sql<bigint>`${last} + 1` })
      .where("r.id", "=", revisionId)
      .where("r.state", "=", pending)
      .returning(priorityOf(r.derive_order).as("priority")),
  );
  return moved?.priority ?? null;
}
