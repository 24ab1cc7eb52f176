import { type Env, parseEnv } from "@/lib/env";
import { stopRequested } from "../process/lifetime";
import { killAll } from "../process/supervise";
import { closeBucket, prepareBucket, tryBrowserWay } from "./bucket";
import { ensureBuilt } from "./build";
import { openDataDir, publishRunning } from "./data-dir";
import { withStartLock } from "./database";
import { demoLine, makeDemo } from "./demo";
import { insecureSiteWarning, readStartEnvironment, requireFreePort } from "./environment";
import { startSite, startWorker, waitUntilServed } from "./processes";
import { databaseEnv, type ServiceContext, storageEnv } from "./services";
import { StopStack } from "./stop-stack";

/** The slow steps of a start, replaced in tests. */
const wholeSite = { ensureBuilt, startSite, makeDemo };

/** Starts all services, serves until asked to stop, stops all services. Returns the exit code. */
export async function startAndServe({ dev }: { dev: boolean }, site = wholeSite): Promise<number> {
  const stop = stopRequested(() => {
    killAll();
    process.exit(1);
  });
  const started = new StopStack();
  const say = (line: string) => console.log(line);
  try {
    await new Promise<void>((resolve, reject) => {
      stop.then(resolve);
      // An interrupted start is not awaited: `started` immediately stops anything added later.
      startAll({ dev, ...site }, { started, say, onFatal: reject }).catch(reject);
    });
  } catch (error) {
    await started.stopAll();
    throw error;
  }
  say("Stopping …");
  return (await started.stopAll()) ? 0 : 1;
}

async function startAll(
  { dev, ensureBuilt, startSite, makeDemo }: { dev: boolean } & typeof wholeSite,
  context: Omit<ServiceContext, "dataDir" | "start" | "parts">,
): Promise<void> {
  const { started, say, onFatal } = context;
  const { start, parts, hasDemo } = await readStartEnvironment();
  await requireFreePort(start.PORT);
  const dataDir = openDataDir(start.ATOLL_DATA_DIR);
  await started.add("the data folder", dataDir.release);

  const building = dev ? Promise.resolve() : ensureBuilt(say);
  building.catch(onFatal);
  const services = { ...context, start, parts, dataDir };
  const [database, storage] = await Promise.all([databaseEnv(services), storageEnv(services)]);
  const shared = { ...database, ...storage.env, ATOLL_URL: start.ATOLL_URL };
  Object.assign(process.env, shared, {
    PORT: String(start.PORT),
    ATOLL_DATA_DIR: start.ATOLL_DATA_DIR,
    NEXTAUTH_URL: start.ATOLL_URL,
    // The SDK would print this warning at each start of each process.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
  const env = parseEnv(process.env);
  await started.add(
    "the environment file",
    publishRunning(dataDir, { ...shared, ...bucketEnv(env), ...accountEnv(env) }),
  );
  const standing = await withStartLock(env.DATABASE_URL, say, () => prepareBucket(env, say, storage.operator));

  const part = { dataDir, dev, say, onFatal };
  const worker = startWorker(part);
  await started.add("the worker", worker.stop);
  const siteReady = building.then(async () => {
    const site = startSite(part);
    await started.add("the site", site.stop);
    await site.ready;
  });
  const demo = hasDemo ? makeDemo(env, dataDir, say) : Promise.resolve();
  await Promise.all([siteReady, worker.ready, demo, tryBrowserWay(env, standing, say).finally(closeBucket)]);
  await waitUntilServed(env, dev);
  say(`Atoll ready at ${readyUrl(env)}`);
  const warning = insecureSiteWarning(env.ATOLL_URL);
  if (warning) say(warning);
  const signIn = hasDemo ? demoLine(dataDir, process.stdout.isTTY) : null;
  if (signIn) say(signIn);
}

/** Returns the variables of the media bucket, defaults included, so that other commands use the same bucket. */
function bucketEnv(env: Env) {
  const { ATOLL_EMBEDDED, S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_REGION, S3_BUCKET, S3_FORCE_PATH_STYLE } = env;
  return {
    ...(ATOLL_EMBEDDED ? { ATOLL_EMBEDDED } : {}),
    ...(S3_ENDPOINT ? { S3_ENDPOINT } : {}),
    ...(S3_PUBLIC_ENDPOINT ? { S3_PUBLIC_ENDPOINT } : {}),
    S3_REGION,
    S3_BUCKET,
    S3_FORCE_PATH_STYLE: String(S3_FORCE_PATH_STYLE),
  };
}

/** Returns the variables of new accounts, so that `atoll user` makes them as the site does. */
function accountEnv({ ATOLL_SIGN_UP, ATOLL_DEFAULT_QUOTA }: Env) {
  return { ATOLL_SIGN_UP, ATOLL_DEFAULT_QUOTA: ATOLL_DEFAULT_QUOTA === null ? "none" : String(ATOLL_DEFAULT_QUOTA) };
}

function readyUrl({ ATOLL_URL, PORT }: Env): string {
  return new URL(ATOLL_URL).hostname === "localhost" ? `http://localhost:${PORT}` : ATOLL_URL;
}
