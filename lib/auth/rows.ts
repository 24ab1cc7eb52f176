import "server-only";
import type { Transaction } from "@/lib/db";

/** Takes a lock by name that the transaction holds until it ends. */
export async function lockName(tx: Transaction, name: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
