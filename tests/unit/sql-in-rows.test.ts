import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { query } from "@/lib/db";

const root = path.resolve(import.meta.dirname, "../..");

/** Prisma's raw statements and whatever builds or sends Kysely's. */
const sqlText = /\$(?:query|execute)Raw|\bPrisma\.(?:sql|raw|join|empty)\b|from "kysely"|\b(?:rowsOf|execute)\(/;
const mayHoldSql = /^lib\/(?:db|locks)\.ts$|^lib\/(?:[^/]+\/)+rows\.ts$/;

function isViolation(file: string, text: string): boolean {
  return sqlText.test(text) && !mayHoldSql.test(file);
}

function sources(): string[] {
  return ["app", "components", "lib"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter((file) => /\.tsx?$/.test(file)),
  );
}

describe("SQL", () => {
  it("is in rows.ts, lib/locks.ts and lib/db.ts alone", () => {
    const files = sources();
    expect(files).toContain("lib/media/rows.ts");
    expect(files.filter((file) => isViolation(file, readFileSync(path.join(root, file), "utf8")))).toEqual([]);
  });

  it.each([
    ["lib/media/commands.ts", "await tx.$queryRaw`SELECT 1`;"],
    ["lib/upload/verify/verify.ts", "await tx.$executeRawUnsafe(text);"],
    ["lib/upload/queries.ts", 'import { sql } from "kysely";'],
    ["lib/upload/part/commands.ts", "const [row] = await rowsOf(db(), statement);"],
    ["lib/other.ts", "Prisma.sql`SELECT 1`"],
    ["app/api/rows.ts", "await db().$queryRaw`SELECT 1`;"],
  ])("would be found in %s", (file, text) => {
    expect(isViolation(file, text)).toBe(true);
  });

  it("is sent by rowsOf and execute alone: the builder has no connection", async () => {
    await expect(query.selectFrom("media").select("id").execute()).rejects.toThrow("rowsOf");
  });

  it.each(["lib/upload/verify/rows.ts", "lib/locks.ts"])("may be in %s", (file) => {
    expect(isViolation(file, "await tx.$executeRaw`SELECT 1`;")).toBe(false);
  });
});
