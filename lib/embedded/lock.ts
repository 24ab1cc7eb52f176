import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { processIdentity } from "./process";

type Holder = { pid: number; identity: string | null; host: string };

/** Another process, `pid` on `host`, holds the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  readonly pid: number;
  /** Where: "process 7", or "process 7 of the machine or container web-2", whose numbers mean nothing here. */
  readonly where: string;
  constructor({ pid, host }: Pick<Holder, "pid" | "host">) {
    const where = `process ${pid}${host === os.hostname() ? "" : ` of the machine or container ${host}`}`;
    super(`in use by ${where}`);
    this.pid = pid;
    this.where = where;
  }
}

function readHolder(file: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
    if (typeof holder.pid !== "number") return null;
    return { pid: holder.pid, identity: holder.identity ?? null, host: holder.host ?? os.hostname() };
  } catch {
    return null;
  }
}

/**
 * Locks an open file in the kernel (flock) until it is closed, also by the end of this process. The lock belongs to the open
 * file, which the program `flock` shares. Returns false when another process holds it; null where there is no such program
 * or the file system has no locks.
 */
function lockOpenFile(fd: number): boolean | null {
  const { status } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  if (status === 0) return true;
  return status === 1 ? false : null;
}

/**
 * Tells whether a living process holds a lock file. The kernel's lock also tells it of processes in other containers on the
 * same volume, where process numbers mean nothing; number and start time tell it where there is no such lock (macOS, Windows).
 */
function isHeld(file: string, holder: Holder | null): boolean {
  if (holder?.identity && processIdentity(holder.pid) === holder.identity) return true;
  let fd: number;
  try {
    fd = openSync(file, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  try {
    return lockOpenFile(fd) === false;
  } finally {
    closeSync(fd);
  }
}

/**
 * Takes a lock for the life of this process: a file with the process's number and start time, which the kernel locks too where
 * it can. A lock left by a process that is gone (kill -9, power cut, restarted container) is taken over.
 * @returns a function that releases the lock
 * @throws LockedError while a living process, this one included, holds it, also one in another container
 */
export function takeLock(file: string): { release(): void } {
  const mine: Holder = { pid: process.pid, identity: processIdentity(process.pid), host: os.hostname() };
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  const fd = openSync(draft, "r+");
  lockOpenFile(fd);
  try {
    for (;;) {
      try {
        // link(2) is atomic and fails when the name exists, so that no lock is read half-written. It keeps the kernel's lock.
        linkSync(draft, file);
        return {
          release() {
            removeOwn(file, mine);
            closeSync(fd);
          },
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readHolder(file);
      if (isHeld(file, holder)) throw new LockedError(holder ?? { pid: 0, host: "unknown" });
      setAside(file);
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function setAside(file: string): void {
  const aside = `${file}.stale.${randomBytes(4).toString("hex")}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  // Another process may have replaced the stale lock meanwhile: restore its lock.
  if (isHeld(aside, readHolder(aside))) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function removeOwn(file: string, mine: Holder): void {
  const holder = readHolder(file);
  if (holder?.pid === mine.pid && holder.identity === mine.identity) rmSync(file, { force: true });
}
