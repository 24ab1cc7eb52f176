import "server-only";
import type { Transaction } from "@/lib/db";
import type { Account, AccountIds } from "@/lib/locks";

/** The bytes left for new files in the account that has the fewest. */
export type Space = { of: Account["of"]; left: bigint; quota: bigint };

/** Returns the least space of these accounts; null where none has a quota. */
export function leastSpace(accounts: Account[]): Space | null {
  let least: Space | null = null;
  for (const { of, quota, used, reserved } of accounts) {
    if (quota === null) continue;
    const left = quota - used - reserved;
    if (!least || left < least.left) least = { of, left: left > 0n ? left : 0n, quota };
  }
  return least;
}

/** Adds to both accounts; negative numbers subtract. Needs the locks of `lockAccounts`. */
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
