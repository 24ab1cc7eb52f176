import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { root, typescriptArgs, typescriptEnv } from "@/lib/cli/install.mjs";
import { RotatingFile } from "@/lib/cli/process/rotating-file";
import { readOrCreate } from "@/lib/cli/start/data-dir";
import { embeddedOperator } from "@/lib/cli/start/store";
import { LockedError, takeLock } from "@/lib/embedded/lock";
import { processIdentity } from "@/lib/embedded/process";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-files-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("a log never grows past twice its limit, and keeps the newest lines in order", async () => {
  const file = path.join(dir, "some.log");
  const log = new RotatingFile(file, 1_000);
  for (let number = 0; number < 500; number += 1) {
    log.write(`line ${number}\n`);
    if (number % 10 === 0) await log.close();
  }
  await log.close();
  const text = [`${file}.1`, file]
    .map((name) => (readdirSync(dir).includes(path.basename(name)) ? readFileSync(name, "utf8") : ""))
    .join("");
  const numbers = text
    .trim()
    .split("\n")
    .map((line) => Number(line.slice(5)));
  expect(numbers.at(-1)).toBe(499);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  expect(text.length).toBeLessThan(2_300);
});

test("a log that cannot be written does not throw", async () => {
  const log = new RotatingFile(path.join(dir, "missing/some.log"), 1_000);
  log.write("lost\n");
  await expect(log.close()).resolves.toBeUndefined();
});

test("a lock has one holder, this process included, until it is released", () => {
  const file = path.join(dir, "a.lock");
  const lock = takeLock(file);
  expect(() => takeLock(file)).toThrow(LockedError);
  lock.release();
  takeLock(file).release();
  expect(readdirSync(dir).filter((name) => name.startsWith("a.lock"))).toEqual([]);
});

test.each([
  ["gone", { pid: 2 ** 22 + 1, identity: "boot:1" }],
  ["another process with the same number", { pid: process.pid, identity: "another boot:1" }],
  ["nobody", {}],
])("a lock of a holder that is %s is taken over", (_, holder) => {
  const file = path.join(dir, "b.lock");
  writeFileSync(file, JSON.stringify(holder));
  const lock = takeLock(file);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    pid: process.pid,
    identity: processIdentity(process.pid),
  });
  lock.release();
});

// As seen from a container: the holder's number and start time belong to no process here.
test("a lock is held by a process whose number means nothing here, until that process ends", async () => {
  const file = path.join(dir, "d.lock");
  const script = `import { takeLock } from "@/lib/embedded/lock"; takeLock(${JSON.stringify(file)}); process.send({ type: "ready" });`;
  const program = path.join(dir, "holder.ts");
  writeFileSync(program, `${script} setInterval(() => {}, 1_000);`);
  const holder = spawn(process.execPath, typescriptArgs(program, []), {
    cwd: root,
    env: { ...process.env, ...typescriptEnv },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await once(holder, "message");
  writeFileSync(file, JSON.stringify({ pid: 1, identity: "another boot:1", host: "web-2" }));
  expect(() => takeLock(file)).toThrow("in use by process 1 of the machine or container web-2");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  takeLock(file).release();
});

test("a release does not remove the lock of a later holder", () => {
  const file = path.join(dir, "c.lock");
  const lock = takeLock(file);
  const other = JSON.stringify({ pid: 1, identity: "somebody else" });
  writeFileSync(file, other);
  lock.release();
  expect(readFileSync(file, "utf8")).toBe(other);
});

test("a stored value is created once, readable by its owner only", () => {
  const file = path.join(dir, "secret");
  const first = readOrCreate(file, () => "made once");
  expect(first).toEqual({ value: "made once", isNew: true });
  expect(readOrCreate(file, () => "made twice")).toEqual({ value: "made once", isNew: false });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("the operator's key of the embedded store is used for that store alone", () => {
  expect(embeddedOperator(dir, "SITE")).toBeUndefined();
  const [site, operator] = ["SITE", "ROOT"].map((accessKeyId) => ({ accessKeyId, secretAccessKey: "secret" }));
  writeFileSync(path.join(dir, "s3-site-key"), JSON.stringify(site));
  expect(embeddedOperator(dir, "SITE")).toBeUndefined();
  writeFileSync(path.join(dir, "s3-root-key"), JSON.stringify(operator));
  expect(embeddedOperator(dir, "SITE")).toEqual(operator);
  for (const other of ["AKIAOFANOTHERSTORAGE", undefined]) expect(embeddedOperator(dir, other)).toBeUndefined();
});
