import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import { processIdentity } from "./process";

type Holder = {
  pid: number;
  identity: string | null;
  host: string;
  /** Where `pid` means this process (`processSpace`); absent from locks of older versions. */
  space?: string;
  /** Whether the kernel locked the file; absent from locks of older versions. */
  isKernelLocked?: boolean;
};

/** "process 7", or "process 7 of the machine or container web-2", whose numbers mean nothing here. */
function placeOf({ pid, host }: Pick<Holder, "pid" | "host">): string {
  return `process ${pid}${host === os.hostname() ? "" : ` of the machine or container ${host}`}`;
}

/** Another process, `pid` on `host`, holds the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  readonly pid: number;
  /** Where: "process 7", or "process 7 of the machine or container web-2". */
  readonly where: string;
  constructor(holder: Pick<Holder, "pid" | "host">) {
    const where = placeOf(holder);
    super(`in use by ${where}`);
    this.pid = holder.pid;
    this.where = where;
  }
}

/**
 * The lock was taken by a process of another machine or container, where its number means nothing here, and the kernel cannot
 * say whether it is held. Taking it over could put two stores on one folder: a person decides, the message says how.
 */
export class UncertainLockError extends Error {
  override readonly name = "UncertainLockError";
  constructor(file: string, holder: Holder | null) {
    const taker = holder ? `was taken by ${placeOf(holder)}` : "cannot be read";
    super(
      `The lock ${file} ${taker}, and whether its holder still runs cannot be told from here, as the program flock is missing here or there, or the file system has no locks. Two at once would lose data. Nothing was changed. Make sure that nothing else uses this folder, then delete ${file} and start again. Where flock (package util-linux) is installed on both sides, this is found out without you.`,
    );
  }
}

/**
 * Names where process numbers mean the same processes as here. On Linux this is the run of the kernel and the namespace of
 * process numbers, as containers with one host name have numbers of their own; elsewhere it is the host.
 */
function processSpace(): string {
  if (process.platform !== "linux") return os.hostname();
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  try {
    return `${boot}:${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${boot}:${os.hostname()}`; // sandboxes without namespaces in /proc
  }
}

function isOfThisSpace({ space, host }: Holder): boolean {
  return space === undefined ? host === os.hostname() : space === processSpace();
}

function readHolder(file: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
    if (typeof holder.pid !== "number") return null;
    return { ...holder, pid: holder.pid, identity: holder.identity ?? null, host: holder.host ?? os.hostname() };
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
 * same volume, where process numbers mean nothing. Number and start time tell it of the processes of this space, also where
 * there is no such lock (macOS, Windows). Without either it is "uncertain".
 * @param canLock whether the kernel locks files of this folder for this process
 */
function standingOf(file: string, canLock: boolean): "held" | "free" | "uncertain" {
  const holder = readHolder(file);
  if (holder?.identity && processIdentity(holder.pid) === holder.identity) return "held";
  const isLocked = canLock ? isKernelLocked(file) : null;
  if (isLocked) return "held";
  if (holder && isOfThisSpace(holder)) return "free";
  if (isLocked === null || holder?.isKernelLocked === false) return isThere(file) ? "uncertain" : "free";
  return "free";
}

const isThere = (file: string) => statSync(file, { throwIfNoEntry: false }) !== undefined;

function isKernelLocked(file: string): boolean | null {
  let fd: number;
  try {
    fd = openSync(file, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  try {
    const locked = lockOpenFile(fd);
    return locked === null ? null : !locked;
  } finally {
    closeSync(fd);
  }
}

/**
 * Takes a lock for the life of this process: a file with the process's number and start time, which the kernel locks too where
 * it can. A lock left by a process that is gone (kill -9, power cut, restarted container) is taken over.
 * @returns a function that releases the lock
 * @throws LockedError while a living process, this one included, holds it, also one in another container
 * @throws UncertainLockError where it cannot be told whether the process that took it lives
 */
export function takeLock(file: string): { release(): void } {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, "", { mode: 0o600 });
  const fd = openSync(draft, "r+");
  try {
    // Nobody else knows this file: when it cannot be locked, no file here can.
    const canLock = lockOpenFile(fd) === true;
    const identity = processIdentity(process.pid);
    const mine: Holder = {
      ...{ pid: process.pid, identity, host: os.hostname(), space: processSpace() },
      isKernelLocked: canLock,
    };
    writeHolder(draft, mine);
    for (;;) {
      try {
        // link(2) is atomic and fails when the name exists, so that no lock is read half-written. It keeps the kernel's lock.
        linkSync(draft, file);
        return {
          release() {
            removeOwn(file, fd, mine);
            closeSync(fd);
          },
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const standing = standingOf(file, canLock);
      const holder = readHolder(file);
      if (standing === "held") throw new LockedError(holder ?? { pid: 0, host: "unknown" });
      if (standing === "uncertain") throw new UncertainLockError(file, holder);
      setAside(file, canLock);
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeHolder(file: string, holder: Holder): void {
  try {
    writeFileSync(file, JSON.stringify(holder), { flush: true });
  } catch (error) {
    // A full disk keeps no store from starting and deleting: all but the holder's name is told by the kernel's lock.
    const isFull = ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (!isFull || !holder.isKernelLocked) throw error;
  }
}

function setAside(file: string, canLock: boolean): void {
  const aside = `${file}.stale.${randomBytes(4).toString("hex")}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  // Another process may have replaced the stale lock meanwhile: restore its lock.
  if (standingOf(aside, canLock) !== "free") linkSync(aside, file);
  rmSync(aside, { force: true });
}

function removeOwn(file: string, fd: number, mine: Holder): void {
  const holder = readHolder(file);
  const isOwn = holder
    ? holder.pid === mine.pid && holder.identity === mine.identity
    : statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino; // written on a full disk
  if (isOwn) rmSync(file, { force: true });
}
