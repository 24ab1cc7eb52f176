import { chmodSync, mkdtempSync, statfsSync } from "node:fs";
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

/**
 * Makes a folder for the data of servers that a test only uses, in memory where there is room: they wait 3 ms for each write
 * to be on the disk. Tests about the disk (kills of the store, a full disk) make theirs in os.tmpdir().
 */
export function serverDir(prefix: string): string {
  const dir = mkdtempSync(path.join(hasRoom() ? memory : os.tmpdir(), prefix));
  // PostgreSQL runs as a user of its own when the tests run as root.
  chmodSync(dir, 0o711);
  return dir;
}
