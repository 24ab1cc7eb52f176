import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const memory = "/dev/shm";
const roomBytes = 4 * 2 ** 30;

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= roomBytes;
  } catch {
    // No such folder: macOS, Windows.
    return false;
  }
}

/** Removes the folders of processes that were killed: unlike those on the disk, they would fill the memory. */
function removeOrphans(): void {
  for (const name of readdirSync(memory)) {
    const pid = Number(/^(?:atoll|embedded)[a-z0-9-]*-(\d+)-\w{6}$/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(path.join(memory, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Makes a folder for the data of servers that a test only uses, in memory where there is room: they wait 3 ms for each write
 * to be on the disk. Tests about the disk (kills of the store, a full disk) make theirs in os.tmpdir().
 */
export function serverDir(prefix: string): string {
  const inMemory = hasRoom();
  if (inMemory) removeOrphans();
  const dir = mkdtempSync(path.join(inMemory ? memory : os.tmpdir(), `${prefix}${process.pid}-`));
  // PostgreSQL runs as a user of its own when the tests run as root.
  chmodSync(dir, 0o711);
  return dir;
}
