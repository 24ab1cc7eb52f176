import "server-only";
import { sql } from "kysely";
import { columns, db, execute, now, query, rowsOf, type Transaction } from "@/lib/db";

const all = query.selectFrom("bucket_owner").selectAll();

export type OwnerRow = Awaited<ReturnType<typeof selectOwner>>;

/** Returns the row of this database, made with `nextMark` when there is none. */
export async function selectOwner(nextMark: string) {
  const [found] = await rowsOf(db(), all);
  if (found) return found;
  const values = query.insertInto("bucket_owner").values({ next_mark: nextMark });
  await execute(
    db(),
    values.onConflict((conflict) => conflict.doNothing()),
  );
  const [made] = await rowsOf(db(), all);
  if (!made) throw new Error("the table bucket_owner does not keep its row");
  return made;
}

/**
 * Returns which database of which server this is: `system identifier/oid`. The same for every replica of a server and after a
 * restart; another one for a restored dump, even on the same server. A server that does not tell its identifier gives "?".
 */
export async function selectPlace(): Promise<string> {
  const [allowed] = await rowsOf(
    db(),
    sql<{ oid: string; tells: boolean }>`
      SELECT oid::text, has_function_privilege('pg_control_system()', 'execute') AS tells
      FROM pg_database WHERE datname = current_database()`,
  );
  if (!allowed?.tells) return `?/${allowed?.oid}`;
  const [server] = await rowsOf(
    db(),
    sql<{ id: string }>`SELECT system_identifier::text AS id FROM pg_control_system()`,
  );
  return `${server?.id}/${allowed.oid}`;
}

/** Tells whether the next mark was drawn so long ago that every replica has it. By the database's clock. */
export async function isMarkDue(tx: Transaction, markSeconds: number): Promise<boolean> {
  const { marked_at } = columns("bucket_owner");
  const [row] = await rowsOf(
    tx,
    query
      .selectFrom("bucket_owner")
      .select(sql<boolean>`${marked_at} < ${now} - make_interval(secs => ${markSeconds})`.as("due")),
  );
  return row?.due ?? false;
}

/** Records that the bucket shows `shown`, and draws the next mark. Does nothing when another process has done so. */
export async function confirmMark(on: Transaction, shown: string, nextMark: string): Promise<void> {
  await execute(
    on,
    query
      .updateTable("bucket_owner")
      .set(({ ref }) => ({ previous_mark: ref("mark"), mark: ref("next_mark"), next_mark: nextMark, marked_at: now }))
      .where("next_mark", "=", shown),
  );
}

/** Keeps what uploads under way have in the bucket, as a take-over does. Does nothing when there are none. */
export async function keepUploadsUnderWay(): Promise<void> {
  const underWay = query.selectFrom("upload").select("id").where("state", "in", ["open", "sealed"]);
  await execute(
    db(),
    query
      .updateTable("bucket_owner")
      .set({ taken_over_at: now })
      .where(({ exists }) => exists(underWay)),
  );
}

/** Makes this database the owner-to-be of `generation`: its former marks count no longer. */
export async function startGeneration(generation: number, nextMark: string): Promise<void> {
  await execute(
    db(),
    query
      .updateTable("bucket_owner")
      .set({ generation, previous_mark: null, mark: null, next_mark: nextMark, marked_at: now, taken_over_at: now }),
  );
}
