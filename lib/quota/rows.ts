import "server-only";
import type { Transaction } from "@/lib/db";

/** Whose room an upload takes: its collection's, and that of the person who opened it. */
export type AccountIds = { collectionId: string; createdById: string | null };

type Account = {
  of: "collection" | "person";
  /** Null: no limit. */
  quota: bigint | null;
  used: bigint;
  reserved: bigint;
};

/** What is left for new files where it is least; null where nothing limits it. */
export type Room = { of: Account["of"]; left: bigint; quota: bigint };

/**
 * Whoever changes what is used or reserved takes these locks first, the collection's before the person's and both before
 * the upload's: one order, so no deadlock, and of two that want the last of the room one comes after the other.
 */
export async function lockAccounts(tx: Transaction, { collectionId, createdById }: AccountIds): Promise<Account[]> {
  const [collection] = await tx.$queryRaw<Omit<Account, "of">[]>`
    SELECT "quota_bytes" AS "quota", "used_bytes" AS "used", "reserved_bytes" AS "reserved"
    FROM "collection" WHERE "id" = ${collectionId}::uuid FOR NO KEY UPDATE`;
  const [person] = await tx.$queryRaw<Omit<Account, "of">[]>`
    SELECT "quota_bytes" AS "quota", "used_bytes" AS "used", "reserved_bytes" AS "reserved"
    FROM "user" WHERE "id" = ${createdById}::uuid FOR NO KEY UPDATE`;
  return [
    ...(collection ? [{ of: "collection" as const, ...collection }] : []),
    ...(person ? [{ of: "person" as const, ...person }] : []),
  ];
}

export function roomOf(accounts: Account[]): Room | null {
  let least: Room | null = null;
  for (const { of, quota, used, reserved } of accounts) {
    if (quota === null) continue;
    const left = quota - used - reserved;
    if (!least || left < least.left) least = { of, left: left > 0n ? left : 0n, quota };
  }
  return least;
}

/** Under the locks of `lockAccounts`: adds to (or takes from) both accounts. */
export async function addBytes(
  tx: Transaction,
  { collectionId, createdById }: AccountIds,
  { used = 0n, reserved = 0n }: { used?: bigint; reserved?: bigint },
): Promise<void> {
  if (used === 0n && reserved === 0n) return;
  await tx.$executeRaw`
    UPDATE "collection" SET "used_bytes" = "used_bytes" + ${used}, "reserved_bytes" = "reserved_bytes" + ${reserved}
    WHERE "id" = ${collectionId}::uuid`;
  await tx.$executeRaw`
    UPDATE "user" SET "used_bytes" = "used_bytes" + ${used}, "reserved_bytes" = "reserved_bytes" + ${reserved}
    WHERE "id" = ${createdById}::uuid`;
}

/** Under the locks: gives back what an upload that ends had reserved and not used. */
export async function releaseReserved(tx: Transaction, uploadId: string, ids: AccountIds): Promise<void> {
  const [upload] = await tx.$queryRaw<{ reserved: bigint }[]>`
    SELECT "reserved_bytes" AS "reserved" FROM "upload" WHERE "id" = ${uploadId}::uuid FOR NO KEY UPDATE`;
  const reserved = upload?.reserved ?? 0n;
  if (reserved === 0n) return;
  await tx.$executeRaw`UPDATE "upload" SET "reserved_bytes" = 0 WHERE "id" = ${uploadId}::uuid`;
  await addBytes(tx, ids, { reserved: -reserved });
}
