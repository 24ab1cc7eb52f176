import { chmod, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pino } from "pino";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { closeDb, db } from "@/lib/db";
import { decoderPids, stopDecoders } from "@/lib/derive/decoder/decoder";
import { usageOf } from "@/lib/derive/decoder/usage";
import { rejectRevision } from "@/lib/derive/revision";
import { applyBucket } from "@/lib/infra/apply";
import { mediaBucket } from "@/lib/infra/settings";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { startWorker } from "@/lib/jobs/worker";
import { createStorage } from "@/lib/storage/client";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import { postFile, testCollection } from "@/tests/support/fixtures/collections";
import { permitFor } from "@/tests/support/fixtures/permit";
import { startTestPostgres } from "@/tests/support/services/postgres";
import { startTestS3 } from "@/tests/support/services/s3";
import { databaseUrl, makeTemplate } from "@/tests/support/template";

export type NamedFile = { name: string; bytes: Buffer };

/** Runs with a database, a store and a worker of their own, and stops all of them. */
export async function withSite<T>(run: () => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "bench-decoder-"));
  // Run as root, PostgreSQL runs as another user.
  await chmod(dir, 0o711);
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  try {
    const postgres = await startTestPostgres(path.join(dir, "postgres"));
    stops.unshift(postgres.stop);
    const { access, stop } = await startTestS3(path.join(dir, "s3"));
    stops.unshift(stop);
    const { name } = await makeTemplate(postgres.adminUrl);
    Object.assign(process.env, {
      DATABASE_URL: databaseUrl(postgres.adminUrl, name),
      NEXTAUTH_SECRET: "required by the environment, unused by the benchmark",
      ATOLL_URL: "http://localhost:3000",
      S3_ENDPOINT: access.endpoint,
      S3_REGION: access.region,
      S3_BUCKET: "bench",
      S3_FORCE_PATH_STYLE: "true",
      AWS_ACCESS_KEY_ID: access.accessKeyId,
      AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
    });
    stops.unshift(closeDb, stopQueue);
    const { endpoint, region, ...credentials } = access;
    const storage = createStorage({ endpoint, region, bucket: "bench", forcePathStyle: true, credentials });
    const settings = mediaBucket({ bucket: "bench", origins: ["http://localhost:3000"], secure: false });
    await applyBucket(permitFor(storage), storage, settings);
    storage.close();
    const worker = await startWorker({ logger: pino({ level: "silent" }) });
    stops.unshift(worker.stop);
    return await run();
  } finally {
    for (const stop of stops) await stop();
    stopDecoders();
  }
}

/** Uploads files as a person and seals. Returns the upload's id. */
export async function upload(by: UserViewer, files: NamedFile[]): Promise<string> {
  const { id, policy, prefix } = await openUpload(by, { collectionSlug: await testCollection(by) });
  for (const { name, bytes } of files) {
    const { status } = await postFile(policy, prefix + name, new Uint8Array(bytes));
    if (status >= 300) throw new Error(`posting ${name} gave ${status}`);
  }
  await sealUpload(by, id);
  return id;
}

/** `states`: how many files are in which state; some are pending where the time was not enough. */
export type Final = { seconds: number; states: Record<string, number> };

/** Waits until each file of an upload has its final state, for so many seconds at most. Returns how long that took. */
export async function untilFinal(uploadId: string, withinSeconds: number): Promise<Final> {
  const isFinal = async () => {
    const { state } = await db().upload.findUniqueOrThrow({ where: { id: uploadId }, select: { state: true } });
    return state === "verified" && (await pendingOf(uploadId)) === 0;
  };
  const seconds = await secondsUntil(isFinal, withinSeconds);
  const groups = await db().revision.groupBy({ by: ["state"], where: { uploadId }, _count: true });
  return { seconds, states: Object.fromEntries(groups.map(({ state, _count }) => [state, _count])) };
}

export const pendingOf = (uploadId: string) => db().revision.count({ where: { uploadId, state: "pending" } });

/** Rejects what an upload still waits for, and waits until no decoder works any more. Throws Error after so many seconds. */
export async function cutShort(uploadId: string, withinSeconds: number): Promise<void> {
  const viewer = mintSystemViewer("worker");
  const pending = await db().revision.findMany({ where: { uploadId, state: "pending" }, select: { id: true } });
  for (const { id } of pending) await rejectRevision(viewer, id, "The benchmark has measured what it wanted to.");
  const seconds = await secondsUntil(async () => {
    const [jobs] = await db().$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pgboss.job WHERE name = 'derive' AND state <= 'active'`;
    return jobs?.count === 0;
  }, withinSeconds);
  if (seconds >= withinSeconds) throw new Error(`Decoders still worked after ${withinSeconds} s.`);
}

async function secondsUntil(isSo: () => Promise<boolean>, withinSeconds: number): Promise<number> {
  const since = performance.now();
  const seconds = () => (performance.now() - since) / 1_000;
  while (seconds() < withinSeconds && !(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
  return seconds();
}

/** Watches the memory of all decoders together, a hundred times a second. */
export function watchDecoders(): { stop(): { mostBytes: number } } {
  let mostBytes = 0;
  const timer = setInterval(() => {
    const bytes = decoderPids().reduce((sum, pid) => sum + (usageOf(pid)?.rssBytes ?? 0), 0);
    mostBytes = Math.max(mostBytes, bytes);
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      return { mostBytes };
    },
  };
}
