import "server-only";
import { hash } from "node:crypto";
import { sql } from "kysely";
import { db, execute, now, query, rowsOf, type Transaction } from "@/lib/db";
import { AppError } from "@/lib/errors";

/** A user's `Idempotency-Key`, and the SHA-256 of the request that came with it. */
export type KeyedRequest = { userId: string; key: string; fingerprint: string };

const lifeSeconds = 24 * 60 * 60;
/** Keys created before have ended. By the database's clock, which wrote `created_at`: those of the sites may differ. */
const aDayAgo = sql<Date>`now() - make_interval(secs => ${lifeSeconds})`;

/**
 * Returns a request under its key; `operation` names what is called, with its target. Throws INVALID for a key that is empty, longer than 255 characters or not printable ASCII.
 */
export function keyedRequest(userId: string, key: string, operation: string, input: unknown): KeyedRequest {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new AppError("INVALID", "An Idempotency-Key has 1 to 255 printable ASCII characters.");
  }
  return { userId, key, fingerprint: hash("sha256", JSON.stringify([operation, input]), "hex") };
}

/**
 * Returns the id that this key created within a day; null when there is none. Throws INVALID when the key came with
 * another request: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/, 2.7.
 */
export async function subjectOfKey({ userId, key, fingerprint }: KeyedRequest): Promise<string | null> {
  const [known] = await rowsOf(
    db(),
    query
      .selectFrom("idempotency_key")
      .select(["fingerprint", "subject_id"])
      .where("user_id", "=", userId)
      .where("key", "=", key)
      .where("created_at", ">", aDayAgo),
  );
  if (known && known.fingerprint !== fingerprint) {
    throw new AppError("INVALID", "This Idempotency-Key was used for another request. Use a new one for each.");
  }
  return known?.subject_id ?? null;
}

/**
 * Claims the key for what this transaction creates. Returns false when a concurrent call has claimed it: roll back then.
 */
export async function claimKey(tx: Transaction, request: KeyedRequest, subjectId: string): Promise<boolean> {
  const { userId, key, fingerprint } = request;
  const claimed = await execute(
    tx,
    query
      .insertInto("idempotency_key")
      .values({ user_id: userId, key, fingerprint, subject_id: subjectId })
      .onConflict((conflict) =>
        conflict
          .columns(["user_id", "key"])
          .doUpdateSet({ fingerprint, subject_id: subjectId, created_at: now })
          .where("idempotency_key.created_at", "<=", aDayAgo),
      ),
  );
  return claimed > 0;
}

/** Deletes the keys whose day is over. Returns how many. */
export async function deleteOldKeys(): Promise<number> {
  return execute(db(), query.deleteFrom("idempotency_key").where("created_at", "<=", aDayAgo));
}
