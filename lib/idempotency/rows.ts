import "server-only";
import { hash } from "node:crypto";
import { db, type Transaction } from "@/lib/db";
import { AppError } from "@/lib/errors";

/** An `Idempotency-Key` of somebody's, and what they asked for under it. */
export type KeyedRequest = { userId: string; key: string; fingerprint: string };

const lifeSeconds = 24 * 60 * 60;

/** Throws INVALID for a key that is empty, longer than 255 characters or not printable ASCII. */
export function keyedRequest(userId: string, key: string, asked: unknown): KeyedRequest {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new AppError("INVALID", "An Idempotency-Key has 1 to 255 printable ASCII characters.");
  }
  return { userId, key, fingerprint: hash("sha256", JSON.stringify(asked), "hex") };
}

/**
 * The upload that was opened under this key within a day; null when none was. Throws INVALID when something else was asked
 * for under it: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/, 2.7.
 */
export async function uploadOfKey({ userId, key, fingerprint }: KeyedRequest): Promise<string | null> {
  const known = await db().idempotencyKey.findFirst({
    where: { userId, key, createdAt: { gt: new Date(Date.now() - lifeSeconds * 1_000) } },
    select: { fingerprint: true, uploadId: true },
  });
  if (known && known.fingerprint !== fingerprint) {
    throw new AppError("INVALID", "This Idempotency-Key was used for another request. Use a new one for each.");
  }
  return known?.uploadId ?? null;
}

/** Takes the key for an upload made in this transaction. False when another call was quicker: then nothing may be kept. */
export async function claimKey(tx: Transaction, request: KeyedRequest, uploadId: string): Promise<boolean> {
  const claimed = await tx.$queryRaw<unknown[]>`
    INSERT INTO "idempotency_key" AS known ("user_id", "key", "fingerprint", "upload_id")
    VALUES (${request.userId}::uuid, ${request.key}, ${request.fingerprint}, ${uploadId}::uuid)
    ON CONFLICT ("user_id", "key") DO UPDATE
      SET "fingerprint" = EXCLUDED."fingerprint", "upload_id" = EXCLUDED."upload_id", "created_at" = now()
      WHERE known."created_at" <= now() - make_interval(secs => ${lifeSeconds})
    RETURNING 1`;
  return claimed.length > 0;
}

/** Those nobody can mean any more. */
export async function deleteOldKeys(): Promise<number> {
  const { count } = await db().idempotencyKey.deleteMany({
    where: { createdAt: { lt: new Date(Date.now() - lifeSeconds * 1_000) } },
  });
  return count;
}
