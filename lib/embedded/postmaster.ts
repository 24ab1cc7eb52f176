import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import pg from "pg";
import type { PostgresHome, RunAs } from "./postgres-home";
import { commandLine, isAlive, waitForEnd } from "./process";

const maxLogBytes = 5 * 1024 * 1024;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;

/** The postmaster of a cluster as its pid file names it; null when none runs. */
export function runningPostmaster(clusterDir: string): { pid: number; port: number } | null {
  const file = path.join(clusterDir, "postmaster.pid");
  if (!existsSync(file)) return null;
  // https://www.postgresql.org/docs/18/storage-file-layout.html: pid, data directory, start time, port, …
  const lines = readFileSync(file, "utf8").split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (isAlive(pid) && (process.platform === "win32" || commandLine(pid).includes(clusterDir))) return { pid, port };
  // The number now belongs to some other program (a reboot, a restarted container): PostgreSQL itself would refuse.
  rmSync(file, { force: true });
  return null;
}

/** Whether the server lets us in. @throws Error when it answers and refuses the password */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch (error) {
    // 28P01: the only answer that waiting does not mend.
    if ((error as { code?: string }).code === "28P01") {
      throw new Error("The embedded PostgreSQL does not accept the password kept beside it", { cause: error });
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function waitUntilAnswers(url: string, pid: number, logFile: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(url))) {
    if (!isAlive(pid)) throw new Error(`PostgreSQL ended at its start: ${lastLine(logFile)}`);
    if (Date.now() > deadline) throw new Error(`PostgreSQL does not answer after 60 s: ${lastLine(logFile)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function lastLine(logFile: string): string {
  const lines = readFileSync(logFile, "utf8").trim().split("\n");
  const telling = lines.filter((line) => /FATAL|PANIC|could not/.test(line)).at(-1) ?? lines.at(-1);
  return `${telling?.replace(/^.*?(FATAL|PANIC):\s*/, "") || "no message"} (${logFile})`;
}

/** A port nobody listens on at this moment; `wished` when it is such a one. */
export async function freePort(wished = 0): Promise<number> {
  const tryPort = (port: number) =>
    new Promise<number | null>((resolve) => {
      const server = net.createServer();
      server.once("error", () => resolve(null));
      server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
        const { port: got } = server.address() as net.AddressInfo;
        server.close(() => resolve(got));
      });
    });
  const port = (wished && (await tryPort(wished))) || (await tryPort(0));
  if (!port) throw new Error("No free TCP port on 127.0.0.1");
  return port;
}

function openLog(logFile: string): number {
  const fd = openSync(logFile, "a", 0o600);
  if (statSync(logFile).size > maxLogBytes) ftruncateSync(fd);
  return fd;
}

// PGPORT, PGDATA and their like of whoever started us are not for this server.
// biome-ignore lint/style/noProcessEnv: handed on to programs, nothing is configured by it
const { PATH = "", SystemRoot = "" } = process.env;
export const serverEnv = { PATH, SystemRoot, LC_ALL: "C", TZ: "UTC" } as unknown as NodeJS.ProcessEnv;

/** Starts the server in a session of its own: the terminal's Ctrl-C must not take it away before its clients. */
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
 * Ends the server when this process dies without a word (kill -9): a shell holds the other end of a pipe and acts when
 * it closes. Nothing on Windows: a server left there is found and used again.
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

/** Fast shutdown: clients are sent away, everything is on disk. @throws Error when it does not end in 30 s */
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

/** Makes a file of the caller readable for the server's user alone. */
export function giveTo(runAs: RunAs, file: string): void {
  if (runAs) chownSync(file, runAs.uid, runAs.gid);
}
