import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { startPostgres } from "@/lib/embedded/postgres";
import { freePort, stopPostmaster, waitUntilReady } from "@/lib/embedded/postmaster";
import { onServer } from "../template";

export type TestPostgres = {
  /** Of a superuser, for the database `postgres`. */
  adminUrl: string;
  stop(): Promise<void>;
};

const debianBin = "/usr/lib/postgresql/15/bin";

/** Debian's PostgreSQL 15, the oldest version Atoll is tried on. */
export function hasDebianPostgres(): boolean {
  return existsSync(path.join(debianBin, "postgres"));
}

/** Debian's PostgreSQL 15 in `dataDir`, which user postgres must be able to reach when the tests run as root. */
export async function startDebianPostgres(dataDir: string): Promise<TestPostgres> {
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  const user = process.getuid?.() === 0 ? { uid: id("-u"), gid: id("-g") } : null;
  mkdirSync(dataDir, { mode: 0o700 });
  if (user) chownSync(dataDir, user.uid, user.gid);
  const runAs = { ...user, cwd: dataDir, env: { ...process.env, LC_ALL: "C" } };
  const initdb = ["--pgdata", dataDir, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"];
  execFileSync(path.join(debianBin, "initdb"), [...initdb, "--no-sync"], { ...runAs, stdio: "ignore" });
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const args = ["-D", dataDir, ...[...settings, "max_connections=200"].flatMap((setting) => ["-c", setting])];
  const server = spawn(path.join(debianBin, "postgres"), args, { ...runAs, stdio: "ignore", detached: true });
  const { pid } = server;
  if (pid === undefined) throw new Error("Debian's PostgreSQL 15 could not be started");
  await waitUntilReady(dataDir, pid, null);
  return { adminUrl: `postgresql://postgres@127.0.0.1:${port}/postgres`, stop: () => stopPostmaster(pid) };
}

/**
 * The PostgreSQL of a test run: the one ATOLL_TEST_DATABASE_URL names, Debian's 15 with ATOLL_TEST_POSTGRES=15,
 * else the embedded one.
 */
export async function startTestPostgres(dataDir: string): Promise<TestPostgres> {
  const { ATOLL_TEST_DATABASE_URL: given, ATOLL_TEST_POSTGRES: wished } = process.env;
  if (given) return { adminUrl: given, stop: async () => undefined };
  if (wished === "15") return startDebianPostgres(dataDir);
  const { url, stop } = await startPostgres({ dataDir, database: "postgres" });
  // Nothing of a test run need survive a power cut.
  await onServer(url, "ALTER SYSTEM SET fsync = off");
  await onServer(url, "SELECT pg_reload_conf()");
  return { adminUrl: url, stop };
}
