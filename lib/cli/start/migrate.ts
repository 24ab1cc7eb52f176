import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { prepareSession, requireUtc } from "@/lib/postgres/session.mjs";
import { root } from "../install.mjs";
import { runNode } from "./run-node";

/** Applies pending migrations. Throws Error with Prisma's output. */
export async function migrate(databaseUrl: string, say: (line: string) => void): Promise<void> {
  if (await isMigrated(databaseUrl)) return;
  say("Migrating the database …");
  const prisma = path.join(root, "node_modules/prisma/build/index.js");
  const env = { ...process.env, DATABASE_URL: databaseUrl, PRISMA_HIDE_UPDATE_MESSAGE: "1" };
  await runNode("The database could not be migrated", [prisma, "migrate", "deploy"], env);
}

/**
 * Tells whether every migration is recorded as applied with its current checksum. Queried directly, because the Prisma CLI
 * takes seconds. Throws a one-line Error when the database cannot be reached.
 */
async function isMigrated(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`DATABASE_URL: ${host}${pathname} cannot be reached (${message || code})`, { cause: error });
  }
  try {
    await prepareSession(client);
    await requireUtc(client);
    const table = await client.query("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there");
    if (!table.rows[0]?.there) return false;
    const applied = await client.query<{ migration_name: string; checksum: string }>(
      "SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
    );
    const checksums = new Map(applied.rows.map((row) => [row.migration_name, row.checksum]));
    return wantedMigrations().every(({ name, checksum }) => checksums.get(name) === checksum);
  } finally {
    await client.end();
  }
}

function wantedMigrations(): { name: string; checksum: string }[] {
  const folder = path.join(root, "prisma/migrations");
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(path.join(folder, name, "migration.sql"));
      return { name, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}
