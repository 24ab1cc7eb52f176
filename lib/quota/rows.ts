import "server-only";
import type { Transaction } from "@/lib/db";
import type { Account, AccountIds } from "@/lib/locks";

/** What is left for new files where it is least; null where nothing limits it. */
export type Room = { of: Account["of"]; left: bigint; quota: bigint };

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
