import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import type { PostgresHome, RunAs } from "./postgres-home";
import { commandLine, isAlive, waitForEnd } from "./process";

const maxLogBytes = 5 * 1024 * 1024;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;

/** The postmaster of a cluster as its pid file names it; null when none runs. */
export function runningPostmaster(clusterDir: string): number | null {
  const pid = Number(pidFileLines(clusterDir)[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (isAlive(pid) && (process.platform === "win32" || commandLine(pid).includes(clusterDir))) return pid;
  // After a reboot or in a restarted container the number belongs to another program, and PostgreSQL would refuse to start.
  rmSync(pidFile(clusterDir), { force: true });
  return null;
}

const pidFile = (clusterDir: string) => path.join(clusterDir, "postmaster.pid");

// https://www.postgresql.org/docs/18/storage-file-layout.html: pid, data directory, start time, port, …, state
function pidFileLines(clusterDir: string): string[] {
  const file = pidFile(clusterDir);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
}

/**
 * Resolves when the pid file says that the server accepts connections. The port could be another server's.
 * @throws Error with the last message of the log, when the server ends or takes longer than 60 s
 */
export async function waitUntilReady(clusterDir: string, pid: number, logFile: string | null): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const lines = pidFileLines(clusterDir);
    if (Number(lines[0]) === pid && lines[7]?.trim() === "ready") return;
    if (!isAlive(pid)) throw new Error(`PostgreSQL ended at its start${lastMessage(logFile)}`);
    if (performance.now() > deadline) throw new Error(`PostgreSQL is not ready after 60 s${lastMessage(logFile)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function lastMessage(logFile: string | null): string {
  if (!logFile) return "";
  const lines = readFileSync(logFile, "utf8").trim().split("\n");
  const begin = lines.findLastIndex((line) => line.includes("starting PostgreSQL"));
  const written = lines.slice(begin + 1);
  const cause = written.find((line) => /could not|FATAL|PANIC/.test(line)) ?? written.at(-1) ?? "no message";
  return `: ${cause.replace(/^.*?(LOG|FATAL|PANIC):\s*/, "")} (${logFile})`;
}

/** Returns a port that is free at this moment: the preferred one when it is free. @throws Error when none is free */
export async function freePort(preferred = 0): Promise<number> {
  const tryPort = (port: number) =>
    new Promise<number | null>((resolve) => {
      const server = net.createServer();
      server.once("error", () => resolve(null));
      server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
        const { port: bound } = server.address() as net.AddressInfo;
        server.close(() => resolve(bound));
      });
    });
  const port = (preferred && (await tryPort(preferred))) || (await tryPort(0));
  if (!port) throw new Error("No free TCP port on 127.0.0.1");
  return port;
}

function openLog(logFile: string): number {
  const fd = openSync(logFile, "a", 0o600);
  if (statSync(logFile).size > maxLogBytes) ftruncateSync(fd);
  return fd;
}

// PGPORT, PGDATA and the like in the environment of this process are not for this server.
// biome-ignore lint/style/noProcessEnv: passed to child processes, nothing is configured by it
const { PATH = "", SystemRoot = "" } = process.env;
export const serverEnv = { PATH, SystemRoot, LC_ALL: "C", TZ: "UTC" } as unknown as NodeJS.ProcessEnv;

/** Starts the server in a session of its own, so that the terminal's Ctrl-C does not stop it before its clients. */
export function spawnPostmaster(home: PostgresHome, port: number, logFile: string): ChildProcess {
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=warning",
  ];
  const args = ["-D", home.clusterDir, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const log = openLog(logFile);
  const child = spawn(home.binaries.postgres, args, {
    ...home.runAs,
    cwd: home.clusterDir,
    env: serverEnv,
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  return child;
}

/**
 * Stops the server when this process is killed (kill -9): a shell reads from a pipe and stops the server when the pipe
 * closes. Does nothing on Windows, where the next start finds the server and uses it again.
 */
export function guard(pid: number, runAs: RunAs): ChildProcess | null {
  if (process.platform === "win32") return null;
  const script = 'while read -r line; do [ "$line" = done ] && exit 0; done; kill -INT "$1"';
  const child = spawn("/bin/sh", ["-c", script, "atoll-guard", String(pid)], {
    ...runAs,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  child.unref();
  (child.stdin as (NodeJS.WritableStream & { unref?(): void }) | null)?.unref?.();
  return child;
}

/** Shuts the server down: connections are closed and all data are on disk. @throws Error when it does not end in 30 s */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [signal, timeoutMs] of [["SIGINT", stopTimeoutMs] as const, ["SIGQUIT", 5_000] as const]) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
      throw error;
    }
    if (await waitForEnd(pid, timeoutMs)) return;
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop`);
}

/** Makes the server's user the owner of a file. */
export function giveTo(runAs: RunAs, file: string): void {
  if (runAs) chownSync(file, runAs.uid, runAs.gid);
}
