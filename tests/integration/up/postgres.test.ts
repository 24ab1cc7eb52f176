import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, expect, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "@/lib/embedded/postgres";
import { freePort } from "@/lib/embedded/postmaster";
import { isAlive } from "@/lib/embedded/process";
import { serverDir } from "@/tests/support/services/server-dir";
import { until } from "@/tests/support/until";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(mode = 0o711): string {
  const dir = serverDir("atoll-pg-");
  chmodSync(dir, mode);
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return path.join(dir, "postgres");
}

// Made once, started by one test after the other.
const shared = serverDir("atoll-pg-");
afterAll(() => rmSync(shared, { recursive: true, force: true }));
const dataDir = path.join(shared, "postgres");

async function start(options: Parameters<typeof startPostgres>[0]): Promise<EmbeddedPostgres> {
  const server = await startPostgres(options);
  cleanups.push(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<string[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

const postmasterPid = (dataDir: string) =>
  Number(readFileSync(path.join(dataDir, "cluster/postmaster.pid"), "utf8").split("\n")[0]);

/** Another Node that starts the server and holds it until it is killed. */
async function startElsewhere(dataDir: string): Promise<{ owner: ChildProcess; url: string }> {
  const owner = fork(path.join(import.meta.dirname, "../../support/services/postgres-owner.ts"), [dataDir], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  cleanups.push(() => owner.kill("SIGKILL"));
  const [{ url }] = (await once(owner, "message")) as [{ url: string }];
  return { owner, url };
}

test("keeps data, password and port from start to start", async () => {
  const first = await start({ dataDir, database: "one" });
  await query(first.url, "CREATE TABLE kept AS SELECT 'still here' AS text");
  await first.stop();
  const second = await start({ dataDir, database: "one" });
  expect(second.url).toBe(first.url);
  expect(await query(second.url, "SELECT text FROM kept")).toEqual([["still here"]]);
  expect(statSync(path.join(dataDir, "password")).mode & 0o777).toBe(0o600);
});

test("is UTF8 with the C locale, on loopback only, and takes no wrong password", async () => {
  const { url } = await start({ dataDir });
  const settings =
    "SELECT datcollate, pg_encoding_to_char(encoding), current_setting('listen_addresses'), current_setting('TimeZone') FROM pg_database WHERE datname = current_database()";
  expect(await query(url, settings)).toEqual([["C", "UTF8", "127.0.0.1", "UTC"]]);
  const wrong = new URL(url);
  wrong.password = "wrong";
  await expect(query(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
});

test("a start after kill -9 of its owner goes on with the same data", async () => {
  const { owner, url } = await startElsewhere(dataDir);
  await query(url, "CREATE TABLE kept AS SELECT 1 AS n");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  const again = await start({ dataDir });
  expect(await query(again.url, "SELECT n FROM kept")).toEqual([[1]]);
});

test("kill -9 of its owner ends the server, too", async () => {
  const { owner } = await startElsewhere(dataDir);
  const pid = postmasterPid(dataDir);
  expect(isAlive(pid)).toBe(true);
  owner.kill("SIGKILL");
  await until(() => expect(isAlive(pid)).toBe(false));
});

test("a second owner is refused with one line that names the first", async () => {
  const results = await Promise.allSettled([start({ dataDir }), start({ dataDir }), start({ dataDir })]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  expect(failures).toHaveLength(2);
  for (const error of failures)
    expect(error.message).toMatch(new RegExp(`^The database in \\S+ is in use by process ${process.pid}: `));
});

test("listens on the port it is given, and says when that is taken", async () => {
  const port = await freePort();
  const server = await start({ dataDir, port });
  expect(new URL(server.url).port).toBe(String(port));
  await expect(startPostgres({ dataDir: folder(), port })).rejects.toThrow(
    /^PostgreSQL ended at its start: could not bind .*in use/,
  );
});

test("a pid file left over from before a reboot does not stop it", async () => {
  const first = await start({ dataDir });
  const pidFile = path.join(dataDir, "cluster/postmaster.pid");
  const stale = readFileSync(pidFile, "utf8").replace(/^\d+/, String(process.pid));
  await first.stop();
  writeFileSync(pidFile, stale);
  await expect(start({ dataDir })).resolves.toMatchObject({ port: first.port });
});

test("keeps its cluster elsewhere, and says so, where its user cannot enter", async ({ skip }) => {
  // Only root runs it as another user.
  if (process.getuid?.() !== 0) skip();
  const dataDir = folder(0o700);
  const said: string[] = [];
  const first = await start({ dataDir, say: (line) => said.push(line) });
  expect(said).toEqual([expect.stringContaining(`cannot enter ${dataDir}: the database is kept in `)]);
  const elsewhere = readFileSync(path.join(dataDir, "location"), "utf8").trim();
  cleanups.unshift(() => rmSync(elsewhere, { recursive: true, force: true }));
  await query(first.url, "CREATE TABLE kept AS SELECT 1 AS n");
  await first.stop();
  const again = await start({ dataDir });
  expect(await query(again.url, "SELECT n FROM kept")).toEqual([[1]]);
});

test("a lost password file is named, not replaced", async () => {
  const dataDir = folder();
  const first = await start({ dataDir });
  await first.stop();
  rmSync(path.join(dataDir, "password"));
  await expect(startPostgres({ dataDir })).rejects.toThrow(/password is gone/);
});

test("a start cut short leaves no half-made cluster", async () => {
  const dataDir = folder();
  mkdirSync(path.join(dataDir, "cluster.new"), { recursive: true });
  await expect(start({ dataDir })).resolves.toBeTruthy();
});
