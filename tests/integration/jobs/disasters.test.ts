import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { db } from "@/lib/db";
import { startQueue, stopQueue } from "@/lib/jobs/queue/queue";
import { dropUnsent, statesOf } from "@/tests/integration/derive/fixtures";
import { folderOfPictures } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { boundMs } from "@/tests/support/until";
import {
  databaseGate,
  hurryQueue,
  jobs,
  pendingCount,
  sendVerify,
  spawnWorker,
  untilFinal,
  type WorkerProcess,
  withWorker,
} from "./fixtures";

const { url } = await testDatabase();
const bucket = await testBucket();

// Killed workers leave temporary folders that others remove only after an hour.
const tempRoot = mkdtempSync(path.join(tmpdir(), "atoll-test-"));
process.env.TMPDIR = tempRoot;
afterAll(() => rmSync(tempRoot, { recursive: true }));

beforeAll(startQueue);
afterAll(stopQueue);

describe("disasters", () => {
  // Where /proc tells a worker's children.
  if (process.platform !== "linux") console.error("Skipping the killed workers: their children are found by /proc.");
  const onLinux = test.skipIf(process.platform !== "linux");
  const spawned: WorkerProcess[] = [];
  afterAll(async () => {
    for (const { child } of spawned) child.kill("SIGKILL");
    await Promise.all(spawned.map(({ ended }) => ended));
  });
  const start = (options: Parameters<typeof spawnWorker>[0], databaseUrl = url) => {
    const started = spawnWorker(options, databaseUrl);
    spawned.push(started);
    return started;
  };

  onLinux(
    "a worker killed in the middle: another takes over, all ends well, nothing of it stays",
    {
      timeout: 90_000,
    },
    async () => {
      const files = await folderOfPictures(8, { width: 2000, height: 1500 });
      const uploadId = await dropUnsent(files);
      const victim = start({ concurrency: 2, sweepIntervalSeconds: 3_600 });
      await expect.poll(victim.output).toContain("started");
      await hurryQueue("derive", { heartbeatSeconds: 2 });
      await hurryQueue("verify", { heartbeatSeconds: 2 });
      await sendVerify(uploadId);
      // Some done, some being done: that is when it hurts.
      await expect
        .poll(() => victim.output().match(/revision derived/g)?.length ?? 0, { interval: 10 })
        .toBeGreaterThan(1);
      const children = childPids(victim.child.pid);
      expect(children.length).toBeGreaterThan(0);
      victim.child.kill("SIGKILL");
      await victim.ended;
      await expect.poll(() => children.filter(isAlive)).toEqual([]);
      expect(await pendingCount(uploadId)).toBeGreaterThan(0);
      const orphaned = (await jobs()).filter(({ state }) => state === "active");
      expect(orphaned.length).toBeGreaterThan(0);
      await withWorker({}, async () => {
        await untilFinal(uploadId);
        // A picture may have been recorded while its job was not: that one is taken up again all the same.
        await expect.poll(unfinishedPictures).toEqual([]);
      });
      expect(new Set(Object.values(await statesOf(uploadId)))).toEqual(new Set(["ready"]));
      const retried = (await jobs()).filter(({ retry_count: count, name }) => name === "derive" && count > 0);
      expect(retried.length).toBeGreaterThan(0);
      expect(await strayDerivatives()).toBeLessThanOrEqual(2 * 3);
    },
  );

  onLinux("without a database a worker waits, at the start and later", async () => {
    const gate = await databaseGate(url);
    gate.shut();
    const waiting = start({ concurrency: 1, sweepIntervalSeconds: 1 }, gate.url);
    await expect.poll(waiting.output).toContain("the worker is waiting for the database");
    gate.open();
    await expect.poll(waiting.output).toContain("worker started");
    await hurryQueue("derive", { heartbeatSeconds: 2 });
    // The worker takes one picture at a time: that of an earlier test must not be the one it has when the decoder is stopped.
    await expect.poll(unfinishedPictures).toEqual([]);
    await expect.poll(() => decoderPid(waiting.child.pid)).not.toBeNaN();
    await whileUnsettled(decoderPid(waiting.child.pid), await dropUnsent(await folderOfPictures(1)), gate.shut);
    expect(await activeJobs()).toHaveLength(1);
    await expect.poll(waiting.output).toContain("sweep failed");
    const uploadId = await dropUnsent(await folderOfPictures(1));
    await sendVerify(uploadId);
    gate.open();
    await untilFinal(uploadId);
    // The job whose end did not reach the database is retried once its heartbeat is overdue.
    await expect.poll(unfinishedPictures).toEqual([]);
    waiting.child.kill("SIGTERM");
    expect(await waiting.ended).toBe(0);
    gate.close();
  });

  onLinux(
    "a signal to all processes lets the picture finish, and no job is left active",
    { timeout: 180_000 },
    async () => {
      const uploadId = await dropUnsent(await folderOfPictures(6, { width: 2000, height: 1500 }));
      const stopped = start({ concurrency: 1, stopTimeoutSeconds: 60 });
      const waits = { interval: 10 };
      const states = async () => Object.values(await statesOf(uploadId));
      await expect.poll(states, waits).toContain("ready");
      // One that only just starts would not hear the signal yet. This one has begun with the next picture, and is held there
      // until it has the signal, however busy the machine is.
      const decoder = decoderPid(stopped.child.pid);
      // In a group of its own, a terminal's Ctrl-C does not reach it even while it starts.
      expect(statOf(decoder).processGroup).toBe(decoder);
      const { cpuTicks } = statOf(decoder);
      await expect.poll(() => statOf(decoder).cpuTicks, waits).toBeGreaterThan(cpuTicks + 5);
      process.kill(decoder, "SIGSTOP");
      const taken = await vi
        .waitUntil(() => takenOf(uploadId), { timeout: boundMs, ...waits })
        .finally(() => {
          process.kill(decoder, "SIGINT");
          stopped.child.kill("SIGTERM");
          process.kill(decoder, "SIGCONT");
        });
      expect(await stopped.ended).toBe(0);
      expect(stopped.output()).not.toContain("job failed");
      expect(await activeJobs()).toEqual([]);
      const ended = await picturesOf(uploadId);
      expect(ended.filter(({ id, state }) => taken.includes(id) && state !== "ready")).toEqual([]);
      expect(
        ended.filter(({ job }) => job?.retry_count !== 0 || !["completed", "created"].includes(job.state)),
      ).toEqual([]);
      await withWorker({}, () => untilFinal(uploadId));
    },
  );

  test("stopped while it waits for the database, it ends", async () => {
    const gate = await databaseGate(url);
    gate.shut();
    const waiting = start({}, gate.url);
    await expect.poll(waiting.output).toContain("started");
    waiting.child.kill("SIGTERM");
    expect(await waiting.ended).toBe(0);
    gate.close();
  });
});

function childPids(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ") === false;
  } catch {
    return false;
  }
}

/** The one child of a worker that opens pictures; tsx may have started another one. */
function decoderPid(worker: number | undefined): number {
  const isDecoder = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("decoder-process");
  return childPids(worker).find(isDecoder) ?? Number.NaN;
}

/** From proc_pid_stat(5): pgrp, and utime plus stime in hundredths of a second. */
function statOf(pid: number): { processGroup: number; cpuTicks: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  return { processGroup: Number(fields[2]), cpuTicks: Number(fields[11]) + Number(fields[12]) };
}

const activeJobs = async () => (await jobs()).filter(({ state }) => state === "active");

/** The jobs of pictures that are queued, being carried out, or waiting to be retried. */
async function unfinishedPictures() {
  return (await jobs()).filter(
    ({ name, state }) => name === "derive" && ["created", "active", "retry"].includes(state),
  );
}

/** Runs when an upload's picture is final and its job cannot be settled yet: its row is locked before the decoder is done. */
async function whileUnsettled(decoder: number, uploadId: string, run: () => void): Promise<void> {
  process.kill(decoder, "SIGSTOP");
  await db().$transaction(
    async (tx) => {
      const lock = () => tx.$queryRaw<object[]>`
        SELECT id FROM pgboss.job WHERE name = 'derive' AND state = 'active' AND singleton_key IN (
          SELECT id::text FROM revision WHERE upload_id = ${uploadId}::uuid) FOR UPDATE`;
      await expect.poll(lock).not.toEqual([]);
      process.kill(decoder, "SIGCONT");
      await untilFinal(uploadId);
      run();
      // The server would carry out what waits for the lock even for a client that is gone.
      await tx.$queryRaw`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'atoll-jobs' AND wait_event_type = 'Lock'`;
    },
    { timeout: 60_000 },
  );
}

/** An upload's pictures, with their jobs as these were just before. Those of earlier tests may be in the queue, too. */
async function picturesOf(uploadId: string) {
  const ofRevision = new Map((await jobs()).map((job) => [job.singleton_key, job]));
  const revisions = await db().revision.findMany({ where: { uploadId }, select: { id: true, state: true } });
  return revisions.map(({ id, state }) => ({ id, state, job: ofRevision.get(id) }));
}

/** Pictures that a worker has taken up and not finished; null if there are none. */
async function takenOf(uploadId: string): Promise<string[] | null> {
  const taken = (await picturesOf(uploadId)).filter(({ state, job }) => state === "pending" && job?.state === "active");
  return taken.length > 0 ? taken.map(({ id }) => id) : null;
}

/** Derivatives no revision names: what a crash between storing and recording leaves. */
async function strayDerivatives(): Promise<number> {
  const { Contents = [] } = await bucket.client.send(
    new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: "derived/" }),
  );
  const named = await db().revision.findMany({ where: { derivedId: { not: null } }, select: { derivedId: true } });
  const ids = new Set(named.map(({ derivedId }) => derivedId));
  return Contents.filter(({ Key }) => !ids.has(Key?.split("/")[1] ?? "")).length;
}
