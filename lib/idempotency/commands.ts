import "server-only";
import { hash, randomUUID } from "node:crypto";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Transaction } from "@/lib/db";
import { AppError, notFound } from "@/lib/errors";
import { claimKey, deleteOldKeys, type KeyedRequest, keyStanding, releaseKey, settleKey } from "./rows";

/** A request with an `Idempotency-Key`: `operation` names what is called, with its target. */
export type Keyed = { key: string | undefined; operation: string; input: unknown };

/** Records what is created, in the transaction that creates it. */
export type Settle = (tx: Transaction, subjectId: string) => Promise<void>;

/**
 * Creates something once under a key: the same request again within a day gets what `again` returns of what the first one created.
 * Only an id is kept, so that no secret of an answer is. A request that fails gives its key back; one that dies, within a minute.
 * Throws INVALID (the key, or it came with another request), RUNNING (the first one is still being answered):
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/, 2.6 and 2.7.
 */
export async function once<Result>(
  viewer: Viewer,
  { key, operation, input }: Keyed,
  create: (settle: Settle) => Promise<Result>,
  again: (subjectId: string) => Promise<Result>,
): Promise<Result> {
  if (key === undefined || viewer.kind !== "user") return create(async () => {});
  const request = keyedRequest(viewer.userId, key, [operation, input]);
  const subjectId = await claim(request);
  if (subjectId !== null) return again(subjectId);
  try {
    return await create(async (tx, created) => {
      if (!(await settleKey(tx, request, created))) throw running();
    });
  } catch (error) {
    // What settled the key was rolled back. Where this fails, too, the claim ends by itself.
    await releaseKey(db(), request).catch((cause: unknown) =>
      console.error("an Idempotency-Key was not released", cause),
    );
    throw error;
  }
}

/** Returns null once the key is claimed for this request, or what an earlier one created. */
async function claim(request: KeyedRequest): Promise<string | null> {
  if (await claimKey(db(), request)) return null;
  const known = await keyStanding(db(), request);
  if (known && known.fingerprint !== request.fingerprint) {
    throw new AppError("INVALID", "This Idempotency-Key was used for another request. Use a new one for each.");
  }
  // Released between the two statements: the next try claims it.
  if (!known?.subjectId) throw running();
  return known.subjectId;
}

function running(): AppError {
  const message = "The same request is still being answered. Send it again in a second, with the same Idempotency-Key.";
  return new AppError("RUNNING", message, { retryAfterSeconds: 1 });
}

function keyedRequest(userId: string, key: string, request: unknown): KeyedRequest {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new AppError("INVALID", "An Idempotency-Key has 1 to 255 printable ASCII characters.");
  }
  return { userId, key, fingerprint: hash("sha256", JSON.stringify(request), "hex"), attempt: randomUUID() };
}

/** Deletes keys older than a day. Returns how many. */
export async function deleteIdempotencyKeys(viewer: Viewer): Promise<number> {
  if (viewer.kind !== "system") throw notFound("key");
  return deleteOldKeys(db());
}
