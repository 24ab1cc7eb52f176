import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
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

// A process that has ended: no other one has its number yet.
const { pid: ended } = spawnSync(process.execPath, ["--version"]);
const host = os.hostname();

it.each([
  ["of a process that was killed", JSON.stringify({ host, pid: ended }), 0],
  ["of an earlier process with this one's number", JSON.stringify({ host, pid: process.pid }), 0],
  ["of another container, two minutes ago", JSON.stringify({ host: "elsewhere", pid: 1 }), 121],
  ["that names no one, as on a full disk", "", 0],
])("takes over a lock %s", async (_, text, ageSeconds) => {
  const lock = newLock();
  writeFileSync(lock, text);
  const at = new Date(Date.now() - ageSeconds * 1_000);
  utimesSync(lock, at, at);
  let isMade = false;
  const make = async () => {
    isMade = true;
  };
  await makeOnce(lock, () => isMade, make);
  expect(isMade).toBe(true);
});

it.each([
  ["a process that runs", { host, pid: process.ppid }],
  ["another container", { host: "elsewhere", pid: ended }],
])("waits while %s makes it", async (_, holder) => {
  const lock = newLock();
  writeFileSync(lock, JSON.stringify(holder));
  let looks = 0;
  const isMade = () => {
    looks += 1;
    return looks > 4;
  };
  await makeOnce(lock, isMade, () => Promise.reject(new Error("made twice")));
  expect(existsSync(lock)).toBe(true);
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
