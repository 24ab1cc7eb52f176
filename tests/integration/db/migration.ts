import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { databaseUrl, onServer, randomName } from "@/tests/support/template";

const migrations = path.resolve(import.meta.dirname, "../../../prisma/migrations");

/** Makes a database for the test file with all migrations before this one. `migrate` applies it, or all up to another one. */
export function databaseBefore(migration: string): { client: pg.Client; migrate: (to?: string) => Promise<void> } {
  const { adminUrl } = inject("services");
  const name = randomName("atoll_test");
  const client = new pg.Client({ connectionString: databaseUrl(adminUrl, name) });
  const left = readdirSync(migrations)
    .filter((folder) => /^\d/.test(folder))
    .toSorted();
  const apply = async (isWanted: (folder: string) => boolean) => {
    while (left[0] !== undefined && isWanted(left[0])) {
      await client.query(readFileSync(path.join(migrations, left[0], "migration.sql"), "utf8"));
      left.shift();
    }
  };

  beforeAll(async () => {
    await onServer(adminUrl, `CREATE DATABASE ${name}`);
    await client.connect();
    await apply((folder) => folder < migration);
  });
  afterAll(async () => {
    await client.end();
    await onServer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return { client, migrate: (to = migration) => apply((folder) => folder <= to) };
}
