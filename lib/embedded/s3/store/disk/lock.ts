import { readFileSync } from "node:fs";
import { readdir, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const held = new Set<string>();
const LOCK_FILE = /^lock\.(\d+)\.(\d+)$/;

/**
 * Locks a folder for one store. Each store writes a file that names its process and its start time, then looks for other
 * such files: of two stores that start at once, at least one sees the other. A file left by a crash is recognised even
 * when its process number was reused.
 * @returns a function that releases the lock
 * @throws Error when another running store holds it
 */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  const folder = await realpath(dataDir);
  if (held.has(folder)) throw inUse(dataDir, process.pid);
  held.add(folder);
  const mine = `lock.${process.pid}.${startTime(process.pid) ?? 0}`;
  const unlock = async () => {
    await rm(join(folder, mine), { force: true });
    held.delete(folder);
  };
  try {
    await writeFile(join(folder, mine), "");
    await expectAlone(folder, mine, dataDir);
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}

async function expectAlone(folder: string, mine: string, dataDir: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid, started] = LOCK_FILE.exec(name) ?? [];
    if (pid === undefined || started === undefined || name === mine) continue;
    if (isAlive(Number(pid), started)) throw inUse(dataDir, Number(pid));
    await rm(join(folder, name), { force: true }); // the name is unique to a process
  }
}

function isAlive(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startTime(pid);
  return now === undefined || now === started;
}

/** Clock ticks between boot and the start of a process (Linux only). */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined; // without /proc the number alone is compared
  }
}

function inUse(dataDir: string, pid: number): Error {
  return new Error(
    `The S3 store at ${dataDir} is in use by process ${pid}. Stop that one first, or use another folder.`,
  );
}
