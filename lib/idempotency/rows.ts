import "server-only";
import { sql } from "kysely";
import { columns, execute, query, rowsOf, type Transaction } from "@/lib/db";

/** A user's `Idempotency-Key`, the SHA-256 of the request that came with it, and the call that runs now. */
export type KeyedRequest = { userId: string; key: string; fingerprint: string; attempt: string };

const lifeSeconds = 24 * 60 * 60;
/** A call that takes longer has died, or may not create any more what it was to create. */
const runSeconds = 60;
/** Keys created before have ended. By the database's clock, which wrote `created_at`: those of the sites may differ. */
const aDayAgo = sql<Date>`now() - make_interval(secs => ${lifeSeconds})`;
const runningUntil = sql<Date>`now() + make_interval(secs => ${runSeconds})`;

/** Claims the key for this attempt. Returns false where another one runs or has created something. */
export async function claimKey(on: Transaction, { userId, key, fingerprint, attempt }: KeyedRequest): Promise<boolean> {
  const known = columns("idempotency_key", "idempotency_key");
  const isOver = sql<boolean>`${known.created_at} <= ${aDayAgo}
    OR (${known.subject_id} IS NULL AND ${known.running_until} <= now())`;
  const claim = { fingerprint, attempt, running_until: runningUntil, subject_id: null };
  const claimed = await execute(
    on,
    query
      .insertInto("idempotency_key")
      .values({ user_id: userId, key, ...claim })
      .onConflict((conflict) =>
        conflict
          .columns(["user_id", "key"])
          .doUpdateSet({ ...claim, created_at: sql<Date>`now()` })
          .where(isOver),
      ),
  );
  return claimed > 0;
}

/** Returns what is known of a key: the request it came with, and what that created; null while it runs. */
export async function keyStanding(on: Transaction, { userId, key }: KeyedRequest) {
  const found = query
    .selectFrom("idempotency_key")
    .select(["fingerprint", "subject_id as subjectId"])
    .where("user_id", "=", userId)
    .where("key", "=", key);
  const [row] = await rowsOf(on, found);
  return row;
}

/** Records what this attempt creates, in the transaction that creates it. Returns false where another attempt has taken over. */
export async function settleKey(
  tx: Transaction,
  { userId, key, attempt }: KeyedRequest,
  subjectId: string,
): Promise<boolean> {
  const own = query.updateTable("idempotency_key").where("user_id", "=", userId).where("key", "=", key);
  return (await execute(tx, own.where("attempt", "=", attempt).set({ subject_id: subjectId }))) > 0;
}

/** Gives the key back after an attempt that created nothing. */
export async function releaseKey(on: Transaction, { userId, key, attempt }: KeyedRequest): Promise<void> {
  const own = query.deleteFrom("idempotency_key").where("user_id", "=", userId).where("key", "=", key);
  await execute(on, own.where("attempt", "=", attempt).where("subject_id", "is", null));
}

/** Deletes the keys whose day is over. Returns how many. */
export async function deleteOldKeys(on: Transaction): Promise<number> {
  return execute(on, query.deleteFrom("idempotency_key").where("created_at", "<=", aDayAgo));
}
