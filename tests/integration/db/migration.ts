import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { databaseUrl, onServer, randomName } from "@/tests/support/template";

const migrations = path.resolve(import.meta.dirname, "../../../prisma/migrations");

/** Makes a database for the test file with all migrations before this one. */
export function databaseBefore(migration: string): { client: pg.Client; migrate: () => Promise<unknown> } {
  const { adminUrl } = inject("services");
  const name = randomName("atoll_test");
  const client = new pg.Client({ connectionString: databaseUrl(adminUrl, name) });
  const apply = (folder: string) => client.query(readFileSync(path.join(migrations, folder, "migration.sql"), "utf8"));

  beforeAll(async () => {
    await onServer(adminUrl, `CREATE DATABASE ${name}`);
    await client.connect();
    const folders = readdirSync(migrations).filter((folder) => /^\d/.test(folder) && folder < migration);
    for (const folder of folders.toSorted()) await apply(folder);
  });
  afterAll(async () => {
    await client.end();
    await onServer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return { client, migrate: () => apply(migration) };
}
