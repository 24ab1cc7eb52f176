import { readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const held = new Set<string>();

/**
 * Makes sure that one store alone works on a folder. The lock names its process and when that started, so that one left
 * by a crash is recognised even when its number was given to another process since.
 * @returns a function that gives the lock back
 * @throws Error when another store that is alive holds it
 */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, "lock");
  const mine = `${process.pid} ${startTime(process.pid) ?? ""}`;
  if (held.has(path)) throw inUse(dataDir, process.pid);
  held.add(path);
  try {
    await take(path, mine, dataDir);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return async () => {
    await rm(path, { force: true });
    held.delete(path);
  };
}

async function take(path: string, mine: string, dataDir: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(path, mine, { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 2) throw error;
    }
    const [pid = "", started = ""] = (await readFile(path, "utf8").catch(() => "")).split(" ");
    if (isAlive(Number(pid), started)) throw inUse(dataDir, Number(pid));
    await rm(path, { force: true });
  }
}

function isAlive(pid: number, started: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startTime(pid);
  return now === undefined || started === "" || now === started;
}

/** Clock ticks between boot and the start of a process, where the system tells (Linux). */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined; // no /proc here: the number alone has to do
  }
}

function inUse(dataDir: string, pid: number): Error {
  return new Error(
    `The S3 store at ${dataDir} is in use by process ${pid}. Stop that one first, or use another folder.`,
  );
}
