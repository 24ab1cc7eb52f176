import { readFileSync } from "node:fs";

/** What a process uses. */
export type Usage = { rssBytes: number; cpuSeconds: number };

/** Jiffies of /proc: USER_HZ, which is 100 on every architecture that Node.js runs on. */
const ticksPerSecond = 100;

/** Whether this system tells what another process uses, without starting a program. */
export const readsUsage = process.platform === "linux";

/** Returns what a process uses now; null where it has ended. Only on Linux (proc_pid_stat(5), proc_pid_status(5)). */
export function usageOf(pid: number): Usage | null {
  try {
    // The name of the program may contain spaces and brackets: fields are counted from the last one.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    return { rssBytes: kilobytes(pid, "VmRSS"), cpuSeconds };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Returns how much memory a process may write to, used or not: what `ulimit -d` limits. Null where it has ended. */
export function dataBytesOf(pid: number): number | null {
  try {
    return kilobytes(pid, "VmData");
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function kilobytes(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1_024;
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
