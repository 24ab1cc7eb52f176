import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DigestThreads } from "../hashing/digest-threads";
import { BlobFiles, syncFolder } from "./blobs";
import { Buckets } from "./buckets";
import { Database } from "./database";
import { Expiry } from "./expiry";
import { newId } from "./ids";
import { lockFolder } from "./lock";
import type { StoreLogger } from "./logger";
import { Objects } from "./objects";
import { DataReader } from "./reading";
import { Roles } from "./roles";
import { sessionKey } from "./session-key";
import { DiskSpace } from "./space";
import { Staging } from "./staging";
import { sweepBlobs } from "./sweep";
import { Uploads } from "./uploads";

/** Everything that is on the disk, under one folder. */
export interface Store {
  readonly database: Database;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly expiry: Expiry;
  readonly staging: Staging;
  readonly digestThreads: DigestThreads;
  readonly reader: DataReader;
  readonly blobs: BlobFiles;
  readonly space: DiskSpace;
  readonly roles: Roles;
  /** What session tokens are sealed with. */
  readonly sessionKey: Buffer;
  /** Resolves when what a crash left behind is swept; at once after a clean stop. */
  readonly swept: Promise<void>;
  close(): Promise<void>;
}

/** Opens (or makes) the store in a folder, sweeping up after a crash in the background. */
export async function openStore(dataDir: string, logger: StoreLogger): Promise<Store> {
  await makeFolder(dataDir);
  const unlock = await lockFolder(dataDir);
  try {
    return await openLocked(dataDir, logger, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Makes a folder and those above it, names durable. */
async function makeFolder(path: string): Promise<void> {
  const topmost = await mkdir(path, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function openLocked(dataDir: string, logger: StoreLogger, unlock: () => Promise<void>): Promise<Store> {
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
  const reader = new DataReader(database, blobs);
  const staging = new Staging(database, blobs, space);
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
    await unlock();
  };
  const objects = new Objects(database, blobs, space);
  const uploads = new Uploads(database, blobs);
  const expiry = new Expiry(database, blobs);
  const [buckets, roles] = [new Buckets(database), new Roles(database)];
  const tables = { buckets, objects, uploads, expiry, roles };
  const data = { database, ...tables, staging, digestThreads, reader, blobs, space };
  return { ...data, sessionKey: key, swept, close };
}
