import "server-only";
import type { Transaction } from "@/lib/db";

/** Lets one transaction at a time go on under this name, until it ends. */
export async function lockName(tx: Transaction, name: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
