import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LockedError, takeLock } from "@/lib/embedded/lock";
import { processIdentity } from "@/lib/embedded/process";

export type DataDir = {
  path: string;
  /** A file in it; the folders on the way are made, for us alone. */
  file(...names: string[]): string;
  release(): void;
};

/** Takes the data dir for this process. Throws Error, one line, when another `up` runs on it or it cannot be written. */
export function openDataDir(dir: string): DataDir {
  try {
    // User postgres passes through to its cluster when we run as root; no other user can list anything.
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const lock = takeLock(path.join(dir, "up.lock"));
    return { path: dir, file: (...names) => fileIn(dir, names), release: lock.release };
  } catch (error) {
    if (error instanceof LockedError) {
      throw new Error(
        `Atoll already runs on ${dir} (process ${error.pid}): stop it first, or set ATOLL_DATA_DIR to another folder`,
      );
    }
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`ATOLL_DATA_DIR ${dir} cannot be used (${code ?? error})`, { cause: error });
  }
}

function fileIn(dir: string, names: string[]): string {
  const file = path.join(dir, ...names);
  if (names.length > 1) mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return file;
}

/** Whole or not at all, for the owner's eyes only. */
export function writePrivately(file: string, text: string): void {
  const draft = `${file}.${randomBytes(4).toString("hex")}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** A value made once and kept in a file (0600). */
export function kept(file: string, make: () => string): { value: string; isNew: boolean } {
  if (existsSync(file)) {
    const value = readFileSync(file, "utf8").trim();
    if (value) return { value, isNew: false };
  }
  const value = make();
  writePrivately(file, `${value}\n`);
  return { value, isNew: true };
}

type Running = { pid: number; identity: string | null; env: Record<string, string> };
const runningFile = "running.json";

/** Leaves the environment of the embedded services where the other commands find it, as long as this process lives. */
export function publishRunning(dataDir: DataDir, env: Record<string, string>): () => void {
  const file = dataDir.file(runningFile);
  const running: Running = { pid: process.pid, identity: processIdentity(process.pid), env };
  writePrivately(file, JSON.stringify(running));
  return () => rmSync(file, { force: true });
}

/** The environment of the `up` that runs on this data dir; null when none does. */
export function readRunning(dir: string): Record<string, string> | null {
  const file = path.join(dir, runningFile);
  if (!existsSync(file)) return null;
  const running = JSON.parse(readFileSync(file, "utf8")) as Running;
  return running.identity !== null && processIdentity(running.pid) === running.identity ? running.env : null;
}
