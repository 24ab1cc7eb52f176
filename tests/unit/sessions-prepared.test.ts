import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

/** What opens connections to PostgreSQL. Prisma's adapter may get a pool instead, which is found itself. */
const opening = /\bnew (?:(?:pg\.)?(?:Client|Pool)|PgBoss)\(|\bnew PrismaPg\(\{/g;
const preparing = /onConnect: prepareSession\b|\bawait prepareSession\(/g;
/** Creates databases by name: it reads and writes no times. */
const exceptions = ["lib/embedded/postgres.ts"];

function isViolation(file: string, text: string): boolean {
  return (text.match(opening)?.length ?? 0) > (text.match(preparing)?.length ?? 0) && !exceptions.includes(file);
}

function sources(): string[] {
  return ["app", "lib", "prisma"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !file.startsWith("prisma/generated/")),
  );
}

describe("a connection to PostgreSQL whose session is not prepared (UTC)", () => {
  it("is nowhere", () => {
    const found = sources().map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));
    const openers = found.filter(({ text }) => text.match(opening));
    expect(openers.length).toBeGreaterThanOrEqual(5);
    expect(openers.filter(({ file, text }) => isViolation(file, text)).map(({ file }) => file)).toEqual([]);
  });

  it.each([
    "new pg.Client({ connectionString })",
    "new Pool({ connectionString }); ",
    "new PgBoss({ connectionString })",
    "new PrismaPg({ connectionString })",
  ])("would be found: %s", (text) => {
    expect(isViolation("lib/planted.ts", text)).toBe(true);
  });
});
