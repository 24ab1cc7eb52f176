import "server-only";
import { PrismaPg } from "@prisma/adapter-pg";
import { env } from "@/lib/env";
import { Prisma, PrismaClient } from "@/prisma/generated/client";

export { Prisma };
export type Transaction = Prisma.TransactionClient;

/** Bounds of all ids: where a keyset over ids starts, and where it has ended. */
export const firstId = "00000000-0000-0000-0000-000000000000";
export const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

// Next's dev server reloads this module at each change: the pool must outlive it.
const kept = globalThis as typeof globalThis & { atollDb: PrismaClient | undefined };

/** The database of this process; the pool opens at first use. */
export function db(): PrismaClient {
  kept.atollDb ??= new PrismaClient({
    adapter: new PrismaPg({
      connectionString: env().DATABASE_URL,
      max: 10,
      connectionTimeoutMillis: 5_000,
      // Ends a query that a server never answers. As long as `longTransaction` (lib/locks.ts): a sum over millions of rows
      // must be able to finish. The order of row locks is in lib/locks.ts, too.
      query_timeout: 60_000,
      // Debian's PostgreSQL compiles statements that it estimates as costly, which includes all on tables just filled: 1.4 s for a
      // statement that then takes 0.1 s. Set by a statement, as PgBouncer refuses it among the connection's parameters.
      onConnect: async (client) => void (await client.query("SET jit = off")),
    }),
  });
  return kept.atollDb;
}

export async function closeDb(): Promise<void> {
  const client = kept.atollDb;
  kept.atollDb = undefined;
  await client?.$disconnect();
}
