import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { processIdentity } from "./process";

type Holder = { pid: number; identity: string | null };

/** Another process, `pid`, holds the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  constructor(readonly pid: number) {
    super(`in use by process ${pid}`);
  }
}

function readHolder(file: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
    return typeof holder.pid === "number" ? { pid: holder.pid, identity: holder.identity ?? null } : null;
  } catch {
    return null;
  }
}

function isHeld(holder: Holder | null): holder is Holder {
  return holder !== null && holder.identity !== null && processIdentity(holder.pid) === holder.identity;
}

/**
 * Takes a lock for the life of this process: a file with the process's number and start time. A lock left by a process
 * that is gone (kill -9, power cut, restarted container) is taken over.
 * @returns a function that releases the lock
 * @throws LockedError while a living process, this one included, holds it
 */
export function takeLock(file: string): { release(): void } {
  const mine: Holder = { pid: process.pid, identity: processIdentity(process.pid) };
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (;;) {
      try {
        // link(2) is atomic and fails when the name exists, so that no lock is read half-written.
        linkSync(draft, file);
        return { release: () => release(file, mine) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readHolder(file);
      if (isHeld(holder)) throw new LockedError(holder.pid);
      setAside(file);
    }
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
  const holder = readHolder(aside);
  if (isHeld(holder)) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, mine: Holder): void {
  const holder = readHolder(file);
  if (holder?.pid === mine.pid && holder.identity === mine.identity) rmSync(file, { force: true });
}
