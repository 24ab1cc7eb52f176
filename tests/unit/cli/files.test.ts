import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { root, typescriptArgs, typescriptEnv } from "@/lib/cli/install.mjs";
import { RotatingFile } from "@/lib/cli/process/rotating-file";
import { openDataDir, readOrCreate } from "@/lib/cli/start/data-dir";
import { embeddedOperator } from "@/lib/cli/start/store";
import { LockedError, takeLock, UncertainLockError } from "@/lib/embedded/lock";
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

describe("where it cannot be told whether the holder lives", () => {
  const file = path.join(dir, "e.lock");
  const { PATH } = process.env;
  const withoutFlock = () => {
    process.env.PATH = dir;
  };
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(file, { force: true });
  });
  const written = () => {
    const lock = takeLock(file);
    const holder = JSON.parse(readFileSync(file, "utf8"));
    lock.release();
    return holder;
  };
  const elsewhere = { pid: 2 ** 22 + 1, identity: "boot:1", space: "boot:pid:[1]" };

  test.each([
    ["another container of the same name", JSON.stringify({ ...elsewhere, host: os.hostname() })],
    ["another machine", JSON.stringify({ ...elsewhere, host: "web-2", isKernelLocked: true })],
    ["an older version on another machine", JSON.stringify({ pid: 1, identity: "boot:1", host: "web-2" })],
    ["a lock that cannot be read", ""],
  ])("a lock is kept until a person deletes it: %s", (_, text) => {
    writeFileSync(file, text);
    withoutFlock();
    expect(() => takeLock(file)).toThrow(UncertainLockError);
    expect(() => takeLock(file)).toThrow(`then delete ${file} and start again`);
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(readdirSync(dir).filter((name) => name.startsWith("e.lock"))).toEqual(["e.lock"]);
    rmSync(file);
    takeLock(file).release();
  });

  test("a lock is kept, too, when the kernel lacked locks where it was taken", () => {
    expect(written()).toMatchObject({ pid: process.pid, isKernelLocked: true });
    writeFileSync(file, JSON.stringify({ ...elsewhere, host: "web-2", isKernelLocked: false }));
    expect(() => takeLock(file)).toThrow(UncertainLockError);
    writeFileSync(file, JSON.stringify({ ...elsewhere, host: "web-2", isKernelLocked: true }));
    takeLock(file).release();
  });

  test("a lock of a process of this machine is told by its number", () => {
    withoutFlock();
    const mine = written();
    expect(mine.isKernelLocked).toBe(false);
    writeFileSync(file, JSON.stringify(mine));
    expect(() => takeLock(file)).toThrow(LockedError);
    writeFileSync(file, JSON.stringify({ ...mine, pid: 2 ** 22 + 1 }));
    takeLock(file).release();
  });

  test("the data dir says so", () => {
    const data = path.join(dir, "data");
    openDataDir(data).release();
    writeFileSync(path.join(data, "up.lock"), JSON.stringify({ ...elsewhere, host: "web-2" }));
    withoutFlock();
    expect(() => openDataDir(data)).toThrow(UncertainLockError);
  });
});

test("a release does not remove the lock of a later holder", () => {
  const file = path.join(dir, "c.lock");
  const lock = takeLock(file);
  const other = JSON.stringify({ pid: 1, identity: "somebody else" });
  writeFileSync(file, other);
  lock.release();
  expect(readFileSync(file, "utf8")).toBe(other);
});

test("a lock whose holder could not be written, as the disk was full, is held and released", () => {
  const file = path.join(dir, "f.lock");
  const lock = takeLock(file);
  writeFileSync(file, "");
  expect(() => takeLock(file)).toThrow(LockedError);
  lock.release();
  expect(readdirSync(dir).filter((name) => name.startsWith("f.lock"))).toEqual([]);
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
