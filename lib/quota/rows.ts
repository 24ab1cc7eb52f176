import "server-only";
import { expressionBuilder } from "kysely";
import { execute, query, type Tables, type Transaction } from "@/lib/db";
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
  const { eb } = expressionBuilder<Tables, "collection" | "user">();
  const more = { used_bytes: eb("used_bytes", "+", used), reserved_bytes: eb("reserved_bytes", "+", reserved) };
  await execute(tx, query.updateTable("collection").set(more).where("id", "=", collectionId));
  if (createdById !== null) await execute(tx, query.updateTable("user").set(more).where("id", "=", createdById));
}
