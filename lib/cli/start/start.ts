import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { startPostgres } from "@/lib/embedded/postgres";
import { freePort } from "@/lib/embedded/postmaster";
import { type Env, parseEnv, parseStartEnv, type StartEnv } from "@/lib/env";
import { root } from "../install.mjs";
import { stopRequested } from "../lifetime";
import { ensureBuilt } from "./build";
import { type DataDir, kept, openDataDir, publishRunning } from "./data-dir";
import { migrate } from "./migrate";
import { startSite, startWorker, waitUntilServed } from "./parts";
import { applyBucketSettings } from "./prepare";
import { Started } from "./started";
import { startStore } from "./store";
import { killAll } from "./supervise";

type Start = { dev: boolean; started: Started; say: (line: string) => void; onHopeless: (error: Error) => void };

/** Starts everything, serves until asked to stop, stops everything. Gives the exit code. */
export async function startAndServe(dev: boolean): Promise<number> {
  const stop = stopRequested(() => {
    killAll();
    process.exit(1);
  });
  const started = new Started();
  const say = (line: string) => console.log(line);
  try {
    await new Promise<void>((resolve, reject) => {
      stop.then(resolve);
      // A start cut short ends where it is: whatever it starts from then on, `started` stops at once.
      startAll({ dev, started, say, onHopeless: reject }).catch(reject);
    });
  } catch (error) {
    await started.stopAll();
    throw error;
  }
  say("Stopping …");
  return (await started.stopAll()) ? 0 : 1;
}

async function startAll({ dev, started, say, onHopeless }: Start): Promise<void> {
  const start = await readEnvironment();
  await refuseTakenPort(start.PORT);
  const dataDir = openDataDir(start.ATOLL_DATA_DIR);
  await started.add("the data folder", dataDir.release);

  const [database, storeEnv] = await Promise.all([
    databaseEnv(start, dataDir, started, say),
    storageEnv(start, dataDir, started, say, onHopeless),
    dev ? undefined : ensureBuilt(say),
  ]);
  const found = { ...database, ...storeEnv };
  Object.assign(process.env, found, { PORT: String(start.PORT), ATOLL_URL: start.ATOLL_URL });
  process.env.ATOLL_DATA_DIR = start.ATOLL_DATA_DIR;
  process.env.NEXTAUTH_URL = start.ATOLL_URL;
  const env = parseEnv(process.env);
  await started.add("the environment file", publishRunning(dataDir, { ...found, ATOLL_URL: env.ATOLL_URL }));
  await applyBucketSettings();
  await serve(env, { dataDir, dev, say, onHopeless }, started);
  say(`Atoll ready at ${readyUrl(env)}`);
}

async function serve(env: Env, part: Parameters<typeof startSite>[0], started: Started): Promise<void> {
  const worker = startWorker(part);
  await started.add("the worker", worker.stop);
  const site = startSite(part);
  await started.add("the site", site.stop);
  await Promise.all([worker.ready, site.ready]);
  await waitUntilServed(env, part.dev);
}

function readyUrl({ ATOLL_URL, PORT }: Env): string {
  const { hostname } = new URL(ATOLL_URL);
  return hostname === "localhost" ? `http://localhost:${PORT}` : ATOLL_URL;
}

/** Throws EnvError. */
async function readEnvironment(): Promise<StartEnv> {
  // As with every server, port 0 is "any free one".
  if (process.env.PORT === "0") process.env.PORT = String(await freePort());
  // A database of one's own wants a secret of one's own, too: said now, not after a minute of building.
  if (process.env.DATABASE_URL) parseEnv(process.env);
  return parseStartEnv(process.env);
}

/** Throws Error, one line, when something listens on the site's port. */
async function refuseTakenPort(port: number): Promise<void> {
  const probe = net.createServer();
  probe.listen({ port, exclusive: true });
  try {
    await once(probe, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is taken by another program" : `cannot be listened on (${code})`;
    throw new Error(`PORT ${port} ${why}: stop that program, or set PORT to another number`, { cause: error });
  }
  probe.close();
  await once(probe, "close");
}

type Found = Record<string, string>;

async function databaseEnv(
  start: StartEnv,
  dataDir: DataDir,
  started: Started,
  say: (line: string) => void,
): Promise<Found> {
  if (start.DATABASE_URL) {
    await migrate(start.DATABASE_URL, say);
    return {};
  }
  const postgres = await startPostgres({ dataDir: dataDir.file("postgres"), port: start.ATOLL_PG_PORT, say });
  await started.add("PostgreSQL", postgres.stop);
  await migrate(postgres.url, say);
  const secret = start.NEXTAUTH_SECRET ?? kept(dataDir.file("nextauth-secret"), newSecret).value;
  return { DATABASE_URL: postgres.url, NEXTAUTH_SECRET: secret };
}

const newSecret = () => randomBytes(32).toString("base64url");

async function storageEnv(
  start: StartEnv,
  dataDir: DataDir,
  started: Started,
  say: (line: string) => void,
  onHopeless: (error: Error) => void,
): Promise<Found> {
  if (start.S3_ENDPOINT) return {};
  if (!existsSync(path.join(root, "lib/embedded/s3/server.ts"))) {
    say("(the embedded S3 store is not there yet)");
    return { S3_ENDPOINT: "http://127.0.0.1:9", AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" };
  }
  const store = await startStore(start, dataDir, say, onHopeless);
  await started.add("the S3 store", store.child.stop);
  await store.child.ready;
  return store.env;
}
