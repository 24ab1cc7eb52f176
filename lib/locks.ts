/**
 * Row locks and the one order in which a transaction takes them. A transaction that needs several takes them from the top of
 * this list to the bottom, so two transactions never wait for each other:
 *
 * 1. The collection: counts, quota account, members, undo records and revision numbers.
 * 2. The user who opened the upload: quota account.
 * 3. The upload: state, reserved bytes, running counts.
 * 4. The files registered to the upload (lib/upload/file/rows.ts, lib/upload/verify/rows.ts).
 * 5. Media and revisions, locked by the statements that update them.
 * 6. Sessions: those of a user change at once only after the user's row (lib/session/rows.ts).
 *
 * 1 to 3 are NO KEY: inserts that only refer to a locked row by a foreign key do not wait.
 *
 * Advisory locks (`lockName`) come before row locks. Budgets (lib/budget/rows.ts) are locked by statements of their own, in the
 * order of their keys.
 */
import "server-only";
import type { InferResult } from "kysely";
import { query, rowsOf, type Transaction } from "@/lib/db";

/** Options of a transaction that may wait for these locks behind a page of a thousand files, in milliseconds. */
export const longTransaction = { timeout: 60_000, maxWait: 15_000 } as const;

const balance = ["id", "quota_bytes as quota", "used_bytes as used", "reserved_bytes as reserved"] as const;
const collections = query.selectFrom("collection").select(balance).forNoKeyUpdate();
const users = query.selectFrom("user").select(balance).forNoKeyUpdate();
const uploads = query
  .selectFrom("upload")
  .select(["state", "expires_at", "reserved_bytes", "unregistered_bytes", "over_since", "end_reason", "settled_to"])
  .forNoKeyUpdate();

/** Bytes of a quota account; `quota` null is no limit. */
export type Balance = InferResult<typeof collections>[number];
/** The accounts an upload is charged to: its collection, and the user who opened it. */
export type AccountIds = { collectionId: string; createdById: string | null };
export type Account = Balance & { of: "collection" | "person" };

/** Locks a collection before its counts, its members or any of its media rows change. */
export async function lockCollection(tx: Transaction, collectionId: string): Promise<Balance | undefined> {
  const [collection] = await rowsOf(tx, collections.where("id", "=", collectionId));
  return collection;
}

export async function lockCollectionBySlug(tx: Transaction, slug: string): Promise<Balance | undefined> {
  const [collection] = await rowsOf(tx, collections.where("slug", "=", slug));
  return collection;
}

export async function lockUserByEmail(tx: Transaction, email: string): Promise<Balance | undefined> {
  const [user] = await rowsOf(tx, users.where("email", "=", email));
  return user;
}

/** Locks both accounts of an upload before used or reserved bytes change: of two uploads that need the last free bytes, one fails. */
export async function lockAccounts(tx: Transaction, { collectionId, createdById }: AccountIds): Promise<Account[]> {
  const collection = await lockCollection(tx, collectionId);
  const [person] = createdById === null ? [] : await rowsOf(tx, users.where("id", "=", createdById));
  return [
    ...(collection ? [{ of: "collection" as const, ...collection }] : []),
    ...(person ? [{ of: "person" as const, ...person }] : []),
  ];
}

/** Locks an upload and returns the columns that commands decide by. */
export async function lockUpload(
  tx: Transaction,
  uploadId: string,
): Promise<InferResult<typeof uploads>[number] | undefined> {
  const [upload] = await rowsOf(tx, uploads.where("id", "=", uploadId));
  return upload;
}

/** Takes the lock under which a person's open uploads are counted. */
export async function lockOpenUploads(tx: Transaction, userId: string): Promise<void> {
  await lockName(tx, `open-uploads:${userId}`);
}

/** Takes a lock by name that the transaction holds until it ends. */
export async function lockName(tx: Transaction, name: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
