import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DigestThreads } from "../hashing/digest-threads";
import { Buckets } from "./buckets";
import { Database } from "./database/database";
import { newId } from "./database/ids";
import { BlobFiles, syncFolder } from "./disk/blobs";
import { lockFolder } from "./disk/lock";
import { sessionKey } from "./disk/session-key";
import { DiskSpace } from "./disk/space";
import { Expiry } from "./expiry";
import type { StoreLogger } from "./logger";
import { Objects } from "./objects";
import { Outbox } from "./outbox";
import { Roles } from "./roles";
import { Staging } from "./staging";
import { sweepBlobs } from "./sweep";
import { Topics } from "./topics";
import { Uploads } from "./uploads";
import { History } from "./versions/history";
import { DataReader } from "./versions/reading";
import { VersionWriter } from "./versions/version-writer";

/** What is kept in one folder. The tables and files behind it are private to this folder of the source. */
export interface Store {
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly expiry: Expiry;
  readonly roles: Roles;
  readonly topics: Topics;
  readonly outbox: Outbox;
  readonly staging: Staging;
  readonly reader: DataReader;
  readonly digestThreads: DigestThreads;
  readonly space: DiskSpace;
  /** What session tokens are sealed with. */
  readonly sessionKey: Buffer;
  /** Resolves when files left by a crash are removed; at once after a clean stop. */
  readonly swept: Promise<void>;
  /** Ends what runs in the background and closes the files. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly logger: StoreLogger;
  /** How many undelivered events are kept for one topic, the newest ones; the default is 100,000. */
  readonly maxPendingEvents?: number | undefined;
}

const MAX_PENDING_EVENTS = 100_000;

/**
 * Opens (or makes) the store in a folder; files left by a crash are removed in the background.
 * @throws Error when another process works on the folder, or a file in it is damaged
 */
export async function openStore(dataDir: string, options: StoreOptions): Promise<Store> {
  await makeFolder(dataDir);
  const unlock = lockFolder(dataDir);
  try {
    return await openLocked(dataDir, options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Makes a folder and those above it, names durable. */
async function makeFolder(path: string): Promise<void> {
  const topmost = await mkdir(path, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function openLocked(
  dataDir: string,
  { logger, maxPendingEvents = MAX_PENDING_EVENTS }: StoreOptions,
  unlock: () => void,
): Promise<Store> {
  const cleanMarker = join(dataDir, "clean");
  const wasClean = await access(cleanMarker).then(
    () => true,
    () => false,
  );
  await rm(cleanMarker, { force: true });
  await syncFolder(dataDir);
  const blobs = new BlobFiles(dataDir, logger);
  await blobs.prepare();
  const key = await sessionKey(dataDir);
  // LMDB makes its files readable for all, and the folder around may have been there before.
  await mkdir(join(dataDir, "meta"), { recursive: true, mode: 0o700 });
  const space = new DiskSpace(dataDir);
  const database = new Database(join(dataDir, "meta"), space);
  // LMDB does not make the names of its files durable.
  for (const folder of [join(dataDir, "meta"), dataDir]) await syncFolder(folder);
  const digestThreads = new DigestThreads();
  let closing = false;
  let isSwept = wasClean;
  const sweep = async () => {
    const { removed, isComplete } = await sweepBlobs(database, blobs, newId(), () => closing);
    isSwept = isComplete;
    if (removed > 0) logger.info({ removed }, "files left by an interrupted run were removed");
  };
  const swept = wasClean
    ? Promise.resolve()
    : sweep().catch((error: unknown) => logger.error({ err: error }, "sweeping up after an interrupted run failed"));
  const close = async () => {
    closing = true;
    await digestThreads.close();
    await swept;
    await blobs.settle();
    await database.close();
    if (isSwept && blobs.isTidy) await writeFile(cleanMarker, "");
    unlock();
  };
  const history = new History(database);
  const writer = new VersionWriter(database, blobs, history);
  const uploads = new Uploads(database, blobs, writer);
  const outbox = new Outbox(database, maxPendingEvents);
  return {
    buckets: new Buckets(database, blobs, uploads),
    objects: new Objects(database, blobs, space, history, writer),
    uploads,
    expiry: new Expiry(database, blobs, history),
    roles: new Roles(database),
    topics: new Topics(database, outbox),
    outbox,
    staging: new Staging(database, blobs, space),
    reader: new DataReader(database, blobs),
    digestThreads,
    space,
    sessionKey: key,
    swept,
    close,
  };
}
