import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeOnce } from "@/lib/cli/install.mjs";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-once-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const newLock = () => path.join(dir, `${randomUUID()}.lock`);

it("makes what several commands want at once only once, and all of them have it", async () => {
  const lock = newLock();
  let [made, running] = [0, 0];
  const make = async () => {
    running += 1;
    expect(running).toBe(1);
    await new Promise(setImmediate);
    made += 1;
    running -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => makeOnce(lock, () => made > 0, make)));
  expect(made).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

it("takes over from a process that was killed while it made it", async () => {
  const lock = newLock();
  // Its process has ended: no other one has its number yet.
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(lock, String(pid));
  let isMade = false;
  await makeOnce(
    lock,
    () => isMade,
    async () => {
      isMade = true;
    },
  );
  expect(isMade).toBe(true);
});

it("lets the next one try again where making it failed", async () => {
  const lock = newLock();
  const broken = makeOnce(
    lock,
    () => false,
    () => Promise.reject(new Error("broken")),
  );
  await expect(broken).rejects.toThrow("broken");
  expect(existsSync(lock)).toBe(false);
});
