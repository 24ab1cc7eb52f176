import "server-only";
import { sql } from "kysely";
import { columns, db, execute, now, query, rowsOf, type Transaction } from "@/lib/db";
import { endedMarginSeconds } from "./policy";

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
 * Returns which database of which server this is. `place` is `system identifier/oid`: the same for every replica of a server and
 * after a restart; another one for a restored dump, even on the same server; "?" for an identifier that the server does not tell.
 * `timeline` is another one once a replica was promoted; null where it is not told. A promotion writes it as where recovery ended, before
 * anything else can be written, and minutes later as that of its first checkpoint.
 */
export async function selectServer(): Promise<{ place: string; timeline: number | null }> {
  const [allowed] = await rowsOf(
    db(),
    sql<{ oid: string; system: boolean; timeline: boolean }>`
      SELECT oid::text, has_function_privilege('pg_control_system()', 'execute') AS system,
             has_function_privilege('pg_control_checkpoint()', 'execute')
               AND has_function_privilege('pg_control_recovery()', 'execute') AS timeline
      FROM pg_database WHERE datname = current_database()`,
  );
  const [server] = allowed?.system
    ? await rowsOf(db(), sql<{ id: string }>`SELECT system_identifier::text AS id FROM pg_control_system()`)
    : [];
  const [last] = allowed?.timeline
    ? await rowsOf(
        db(),
        sql<{ timeline: number }>`
          SELECT greatest(timeline_id, min_recovery_end_timeline) AS timeline
          FROM pg_control_checkpoint(), pg_control_recovery()`,
      )
    : [];
  return { place: `${server?.id ?? "?"}/${allowed?.oid}`, timeline: last?.timeline ?? null };
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

/**
 * Records that this database owns the bucket from now on and may lack what was recorded last: the owner before, or a primary that
 * is lost, may have verified uploads that are under way here, or that ended here without it. Nothing of them is removed from the
 * bucket any more.
 */
export async function startOwnership(tx: Transaction, timeline: number | null): Promise<void> {
  const [upload, owner] = [columns("upload"), columns("bucket_owner")];
  await execute(
    tx,
    sql`
      UPDATE "upload" SET ${upload.keeps_unpinned} = true
      WHERE NOT ${upload.keeps_unpinned} AND (${upload.state} IN ('open', 'sealed') OR ${upload.ended_at} >= (
        SELECT ${owner.marked_at} - make_interval(secs => ${endedMarginSeconds}) FROM "bucket_owner"))`,
  );
  await execute(tx, query.updateTable("bucket_owner").set({ taken_over_at: now, timeline }));
}

/** Makes this database the owner-to-be of `generation`: its former marks count no longer. */
export async function startGeneration(
  tx: Transaction,
  { generation, nextMark }: { generation: number; nextMark: string },
): Promise<void> {
  await execute(
    tx,
    query
      .updateTable("bucket_owner")
      .set({ generation, previous_mark: null, mark: null, next_mark: nextMark, marked_at: now }),
  );
}

/** Records the timeline of a server that has not told one before. */
export async function setFirstTimeline(timeline: number): Promise<void> {
  await execute(db(), query.updateTable("bucket_owner").set({ timeline }).where("timeline", "is", null));
}
