import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LockedError, takeLock, UncertainLockError } from "@/lib/embedded/lock";
import { processIdentity } from "@/lib/embedded/process";

export type DataDir = {
  path: string;
  /** Returns the path of a file in it. Creates missing folders, readable by this user only. */
  file(...names: string[]): string;
  release(): void;
};

/** Locks the data dir for this process. Throws a one-line Error when another `up` uses it or it is not writable. */
export function openDataDir(dir: string): DataDir {
  try {
    // 0711: run as root, user postgres must be able to enter the folder, but not list it.
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const lock = takeLock(path.join(dir, "up.lock"));
    return { path: dir, file: (...names) => fileIn(dir, names), release: lock.release };
  } catch (error) {
    if (error instanceof LockedError) {
      throw new Error(
        `Atoll is already running on ${dir} (${error.where}): stop it first, or set ATOLL_DATA_DIR to another folder`,
      );
    }
    if (error instanceof UncertainLockError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`ATOLL_DATA_DIR ${dir} cannot be used (${code ?? error})`, { cause: error });
  }
}

function fileIn(dir: string, names: string[]): string {
  const file = path.join(dir, ...names);
  if (names.length > 1) mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return file;
}

/** Writes a file atomically, readable by its owner only (0600). */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.${randomBytes(4).toString("hex")}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** Reads a value from a file, or creates the value and stores it there (0600). */
export function readOrCreate(file: string, make: () => string): { value: string; isNew: boolean } {
  if (existsSync(file)) {
    const value = readFileSync(file, "utf8").trim();
    if (value) return { value, isNew: false };
  }
  const value = make();
  writePrivateFile(file, `${value}\n`);
  return { value, isNew: true };
}

type Running = { pid: number; identity: string | null; env: Record<string, string> };
const runningFile = "running.json";

/** Writes the environment of the embedded services to a file for other commands. Returns the function that removes it. */
export function publishRunning(dataDir: DataDir, env: Record<string, string>): () => void {
  const file = dataDir.file(runningFile);
  const running: Running = { pid: process.pid, identity: processIdentity(process.pid), env };
  writePrivateFile(file, JSON.stringify(running));
  return () => rmSync(file, { force: true });
}

/** Returns the environment of the `up` that runs on this data dir; null without one. */
export function readRunning(dir: string): Record<string, string> | null {
  const file = path.join(dir, runningFile);
  if (!existsSync(file)) return null;
  const running = JSON.parse(readFileSync(file, "utf8")) as Running;
  return running.identity !== null && processIdentity(running.pid) === running.identity ? running.env : null;
}
