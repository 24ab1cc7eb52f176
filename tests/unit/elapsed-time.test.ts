import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

/** A sum, difference or comparison with the wall clock, which may be set back or forward at any time. */
const wallClockSpan = /Date\.now\(\)\s*[-+<>]|[-<>]=?\s*Date\.now\(\)/;

/** Compute with times that are stored, sent or signed, so that the process or machine that reads them may be another one. */
const stored = new Set([
  "lib/upload/commands.ts",
  "lib/upload/credentials/commands.ts",
  "lib/cli/install.mjs",
  "lib/token/commands.ts",
  "lib/token/present.ts",
  "lib/cli/token/create.ts",
  "components/token/create-token-form.tsx",
  "lib/embedded/s3/notifications/delivery.ts",
  "lib/embedded/s3/body/deadline.ts",
]);

function sources(): string[] {
  return ["app", "components", "lib"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter((file) => /\.m?tsx?$|\.mjs$/.test(file)),
  );
}

it("elapsed time is measured by performance.now(), never by the wall clock", () => {
  const found = sources().filter((file) => wallClockSpan.test(readFileSync(path.join(root, file), "utf8")));
  expect(new Set(found)).toEqual(stored);
});

it.each(["Date.now() - startedAt", "Date.now() + timeoutMs", "while (Date.now() < deadline)", "deadline - Date.now()"])(
  "would be found in %s",
  (text) => expect(wallClockSpan.test(text)).toBe(true),
);
