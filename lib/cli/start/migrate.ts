import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../install.mjs";
import { runNode } from "../process/run-node";
import { connectDatabase, withStartLock } from "./database";

/** Applies pending migrations. Throws a one-line Error when the database cannot be reached, else one with Prisma's output. */
export async function migrate(databaseUrl: string, say: (line: string) => void): Promise<void> {
  if (await isMigrated(databaseUrl)) return;
  await withStartLock(databaseUrl, say, async () => {
    // Another start may have done it while this one waited.
    if (await isMigrated(databaseUrl)) return;
    say("Migrating the database …");
    const prisma = path.join(root, "node_modules/prisma/build/index.js");
    const env = { ...process.env, DATABASE_URL: databaseUrl, PRISMA_HIDE_UPDATE_MESSAGE: "1" };
    await runNode("The database could not be migrated", [prisma, "migrate", "deploy"], env);
  });
}

/**
 * Tells whether every migration is recorded as applied with its current checksum. Queried directly, because the Prisma CLI
 * takes seconds.
 */
async function isMigrated(databaseUrl: string): Promise<boolean> {
  const client = await connectDatabase(databaseUrl);
  try {
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
