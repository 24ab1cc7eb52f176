import "server-only";
import { sql } from "kysely";
import { columns, execute, rowsOf, type Transaction } from "@/lib/db";

/** One charge in microseconds: a budget of 100 in 15 minutes is whole again 9 s after a cost of 1. */
export type TimedCharge = { readonly key: string; readonly cost: bigint; readonly window: bigint };
export type Spent = { key: string; isSpent: boolean; untilSeconds: number };

const { key, spent_until } = columns("budget", "budget");
const micros = sql.raw("interval '1 microsecond'");

/**
 * Spends all charges or none, in one statement, by the generic cell rate algorithm: a row has the time when its budget is whole
 * again, each charge moves that time by its cost, and none may move it beyond the window from now. `untilSeconds` is the time
 * from now until then, with the charge even where it was refused. The keys must differ.
 *
 * The conditions stand twice: `refused` looks at the snapshot, the conflict's WHERE at the row itself, which a concurrent statement may
 * have changed since. Where only the latter refuses, the other charges of the statement are spent: too much, never too little.
 */
export function spendCharges(on: Transaction, charges: readonly TimedCharge[]): Promise<Spent[]> {
  const of = (name: "cost" | "room") => sql`(SELECT ${sql.ref(name)} FROM charge WHERE charge.key = excluded.key)`;
  const moved = sql`greatest(${spent_until}, now()) + ${of("cost")}`;
  return rowsOf(
    on,
    sql<Spent>`
      WITH charge AS (
        SELECT given.key, given.cost * ${micros} AS cost, given.room * ${micros} AS room
        FROM unnest(
          ${charges.map((charge) => charge.key)}::text[],
          ${charges.map((charge) => charge.cost)}::bigint[],
          ${charges.map((charge) => charge.window)}::bigint[]
        ) AS given(key, cost, room)
      ), wanted AS (
        SELECT charge.key, charge.room, greatest(${spent_until}, now()) + charge.cost AS until
        FROM charge LEFT JOIN budget ON ${key} = charge.key
      ), spent AS (
        INSERT INTO budget (${columns("budget").key}, ${columns("budget").spent_until})
        SELECT wanted.key, wanted.until FROM wanted
        WHERE NOT EXISTS (SELECT FROM wanted AS refused WHERE refused.until > now() + refused.room)
        ORDER BY wanted.key
        ON CONFLICT (${columns("budget").key}) DO UPDATE SET spent_until = ${moved}
        WHERE ${moved} <= now() + ${of("room")}
        RETURNING ${key} AS key, ${spent_until} AS until
      )
      SELECT wanted.key, spent.key IS NOT NULL AS "isSpent",
        extract(epoch FROM coalesce(spent.until, wanted.until) - now())::float8 AS "untilSeconds"
      FROM wanted LEFT JOIN spent ON spent.key = wanted.key`,
  );
}

/**
 * Gives back what was spent. More than that makes a budget whole, not richer. Rows are locked in the order of their keys, as charges
 * lock them: two statements over the same rows never wait for each other.
 */
export async function refundCharges(on: Transaction, charges: readonly TimedCharge[]): Promise<void> {
  await execute(
    on,
    sql`
      WITH locked AS (
        SELECT ${key} AS key, given.cost * ${micros} AS cost
        FROM budget JOIN unnest(
          ${charges.map((charge) => charge.key)}::text[],
          ${charges.map((charge) => charge.cost)}::bigint[]
        ) AS given(key, cost) ON ${key} = given.key
        ORDER BY ${key} FOR UPDATE OF budget
      )
      UPDATE budget SET spent_until = ${spent_until} - locked.cost FROM locked WHERE ${key} = locked.key`,
  );
}

/**
 * Deletes up to `limit` rows of budgets that are whole, in the order of their keys after `after`, and returns the last key; null when
 * none is left. Skips rows that a charge has locked: they are not whole any more.
 */
export async function deleteWhole(
  on: Transaction,
  after: string,
  limit: number,
): Promise<{ last: string; count: number } | null> {
  const [deleted] = await rowsOf(
    on,
    sql<{ last: string | null; count: number }>`
      WITH deleted AS (
        DELETE FROM budget USING (
          SELECT ${key} FROM budget WHERE ${key} > ${after} AND ${spent_until} < now()
          ORDER BY ${key} LIMIT ${limit} FOR UPDATE SKIP LOCKED
        ) AS whole WHERE ${key} = whole.key
        RETURNING ${key}
      )
      SELECT max(key) AS last, count(*)::int AS count FROM deleted`,
  );
  return deleted?.last ? { last: deleted.last, count: deleted.count } : null;
}
