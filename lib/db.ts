import "server-only";
import { PrismaPg } from "@prisma/adapter-pg";
import { env } from "@/lib/env";
import { Prisma, PrismaClient } from "@/prisma/generated/client";

export { Prisma };
export type Transaction = Prisma.TransactionClient;

// Next's dev server loads this module anew at each change: the pool must outlive it.
const kept = globalThis as typeof globalThis & { atollDb: PrismaClient | undefined };

/** The database of this process; the pool opens at first use. */
export function db(): PrismaClient {
  kept.atollDb ??= new PrismaClient({
    adapter: new PrismaPg({
      connectionString: env().DATABASE_URL,
      max: 10,
      connectionTimeoutMillis: 5_000,
      // A server that is there and does not answer is as good as away. As long as our longest transactions may take
      // (`patience` in lib/media/rows.ts): a sum over millions of rows must not be given up.
      query_timeout: 60_000,
      // Debian's PostgreSQL compiles whatever it thinks dear, as it thinks of all tables just filled: 1.4 s to compile a statement
      // that then takes 0.1 s. By a statement and not among the parameters of the connection, which PgBouncer refuses.
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
