import "server-only";
import { db } from "@/lib/db";

export async function queryDatabase(): Promise<void> {
  await db().$queryRaw`SELECT 1`;
}

/** Queries pg-boss's schema, which exists once a worker or the site has started. */
export async function queryQueue(): Promise<void> {
  await db().$queryRaw`SELECT "version" FROM "pgboss"."version" LIMIT 1`;
}
