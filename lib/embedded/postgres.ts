import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { LockedError, takeLock } from "./lock";
import { type PostgresHome, preparePostgresHome } from "./postgres-home";
import {
  freePort,
  giveTo,
  guard,
  runningPostmaster,
  serverEnv,
  spawnPostmaster,
  stopPostmaster,
  waitUntilReady,
} from "./postmaster";

export type PostgresOptions = {
  /** Belongs to this server alone: cluster, password (0600), port, log. Made when absent. */
  dataDir: string;
  /** TCP port on 127.0.0.1; 0: the one of last time when free, else any free one. */
  port?: number;
  /** Made when absent. */
  database?: string;
  /** Called with lines for a person, such as that data are kept elsewhere. */
  say?: (line: string) => void;
};

export type EmbeddedPostgres = {
  /** With the password, for the database asked for. */
  url: string;
  port: number;
  /** Stops the server when everything is on disk. */
  stop(): Promise<void>;
};

const superuser = "atoll";

/**
 * Starts a real PostgreSQL from npm's binaries, on 127.0.0.1 only. A server that a killed process left running is stopped
 * before. The first start takes about 1.5 s (initdb: UTF8, C locale, checksums), later ones 0.1 s. The server ends with
 * this process, however that ends.
 * @throws Error with one line for a person: in use by another process, port taken, no binaries for this platform
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { port = 0, database = "atoll", say = () => undefined } = options;
  const dataDir = path.resolve(options.dataDir);
  const home = preparePostgresHome(dataDir, say);
  const lock = lockDataDir(dataDir);
  try {
    const password = keptPassword(dataDir, home);
    if (!existsSync(path.join(home.clusterDir, "PG_VERSION"))) await initialise(home, password);
    const logFile = path.join(dataDir, "postgres.log");
    const server = await startServer({ dataDir, home, port, logFile });
    try {
      await ensureDatabase(serverUrl(server.port, password, "postgres"), database);
    } catch (error) {
      await server.stop();
      throw error;
    }
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      await server.stop();
      lock.release();
    };
    return {
      url: serverUrl(server.port, password, database),
      port: server.port,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function lockDataDir(dataDir: string): { release(): void } {
  try {
    return takeLock(path.join(dataDir, "owner"));
  } catch (error) {
    if (error instanceof LockedError) {
      throw new Error(`The database in ${dataDir} is in use by ${error.where}: stop that first`);
    }
    throw error;
  }
}

function serverUrl(port: number, password: string, database: string): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

function keptPassword(dataDir: string, home: PostgresHome): string {
  const file = path.join(dataDir, "password");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  if (existsSync(path.join(home.clusterDir, "PG_VERSION"))) {
    throw new Error(`${file} is gone, and with it the way into the database in ${home.clusterDir}: put the file back`);
  }
  const password = randomBytes(24).toString("hex");
  // Written atomically, and before the cluster that uses it.
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return password;
}

/** Makes the cluster beside its place and renames it when complete, so that an interrupted start leaves none half-made. */
async function initialise(home: PostgresHome, password: string): Promise<void> {
  const draft = `${home.clusterDir}.new`;
  const passwordFile = `${home.clusterDir}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  giveTo(home.runAs, draft);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  giveTo(home.runAs, passwordFile);
  try {
    await run(home, [
      `--pgdata=${draft}`,
      `--pwfile=${passwordFile}`,
      `--username=${superuser}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--data-checksums",
      "--no-instructions",
    ]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, home.clusterDir);
}

function run(home: PostgresHome, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(home.binaries.initdb, args, {
      ...home.runAs,
      cwd: path.dirname(home.clusterDir),
      env: serverEnv,
      stdio: ["ignore", "ignore", "pipe"],
      // A process group of its own, which includes the servers it starts for a moment.
      detached: true,
    });
    const end = () => child.pid && process.kill(-child.pid, "SIGKILL");
    process.once("exit", end);
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("exit", end);
      if (code === 0) resolve();
      else reject(new Error(`PostgreSQL could not make its data folder: ${complaint.trim().split("\n").at(-1)}`));
    });
  });
}

type Start = { dataDir: string; home: PostgresHome; port: number; logFile: string };
type Server = { port: number; stop(): Promise<void> };

async function startServer(start: Start): Promise<Server> {
  const { dataDir, home, port, logFile } = start;
  const left = runningPostmaster(home.clusterDir);
  // Left by a killed process. Its guard may be about to stop it, so that using it again is not safe; a restart takes 0.2 s.
  if (left !== null) await stopPostmaster(left);
  const portFile = path.join(dataDir, "port");
  const remembered = existsSync(portFile) ? Number(readFileSync(portFile, "utf8")) || 0 : 0;
  const chosen = port || (await freePort(remembered));
  const child = spawnPostmaster(home, chosen, logFile);
  // A program that cannot be started reports it only by this event.
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => undefined);
  if (child.pid === undefined) return failed;
  // From the first moment, so that an interrupted start leaves no server running.
  const server = guarded(child.pid, chosen, home);
  try {
    await Promise.race([waitUntilReady(home.clusterDir, child.pid, logFile), failed]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  writeFileSync(portFile, `${chosen}\n`);
  return server;
}

function guarded(pid: number, port: number, home: PostgresHome): Server {
  const guardian = guard(pid, home.runAs);
  return {
    port,
    async stop() {
      guardian?.stdin?.end("done\n");
      await stopPostmaster(pid);
    },
  };
}

async function ensureDatabase(adminUrl: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}
