import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeStaleTempDirs, withTempDir } from "@/lib/derive/original/temp-dir";

let root: string;
const before = process.env.TMPDIR;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "atoll-test-"));
  process.env.TMPDIR = root;
});
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(root, { recursive: true });
});

test("the folder exists during the run and is removed after it, also on errors", async () => {
  const use = (fail: boolean) =>
    withTempDir(async (dir) => {
      writeFileSync(path.join(dir, "original"), "x");
      expect(readdirSync(root)).toHaveLength(1);
      if (fail) throw new Error("bad luck");
      return "done";
    });
  expect(await use(false)).toBe("done");
  await expect(use(true)).rejects.toThrow("bad luck");
  expect(readdirSync(root)).toEqual([]);
});

test("folders of killed processes are removed after an hour, others are not", async () => {
  const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1_000);
  for (const name of ["atoll-derive-old", "atoll-derive-new", "somebody-elses"]) {
    mkdirSync(path.join(root, name));
    writeFileSync(path.join(root, name, "original"), "x");
    if (name !== "atoll-derive-new") utimesSync(path.join(root, name), twoHoursAgo, twoHoursAgo);
  }
  expect(await removeStaleTempDirs()).toBe(1);
  expect(readdirSync(root).sort()).toEqual(["atoll-derive-new", "somebody-elses"]);
});

test("so are those left before the clock was set back", async () => {
  const left = path.join(root, "atoll-derive-left");
  mkdirSync(left);
  const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1_000);
  utimesSync(left, tomorrow, tomorrow);
  mkdirSync(path.join(root, "atoll-derive-new"));
  expect(await removeStaleTempDirs()).toBe(1);
  expect(readdirSync(root)).toEqual(["atoll-derive-new"]);
});
