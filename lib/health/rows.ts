import "server-only";
import { db } from "@/lib/db";

export async function askDatabase(): Promise<void> {
  await db().$queryRaw`SELECT 1`;
}

/** The queue lives in the database; its schema is pg-boss's, made when a worker or a sender starts for the first time. */
export async function askQueue(): Promise<void> {
  await db().$queryRaw`SELECT "version" FROM "pgboss"."version" LIMIT 1`;
}
