import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { db } from "@/lib/db";
import { decoderPids } from "@/lib/derive/decoder";
import { createBoss, startBoss } from "@/lib/jobs/boss";
import { handleDeriveFailed, type JobContext } from "@/lib/jobs/handlers";
import { sendDerive, sendTurn, sendVerify, startQueue, stopQueue } from "@/lib/jobs/queue";
import { sweep } from "@/lib/jobs/sweep";
import { startWorker } from "@/lib/jobs/worker";
import { dropUnsent, pendingRevision, revisionById, statesOf, worker } from "@/tests/integration/derive/fixtures";
import { folderOfPictures, notPictures, picture, truncated } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services";
import {
  databaseGate,
  hurryQueue,
  jobs,
  pendingCount,
  quiet,
  spawnWorker,
  untilFinal,
  type WorkerProcess,
  withWorker,
} from "./fixtures";

const { url } = await testDatabase();
const bucket = await testBucket();

// Killed workers leave what only an hour later is anybody's to remove.
const tempRoot = mkdtempSync(path.join(tmpdir(), "atoll-test-"));
process.env.TMPDIR = tempRoot;
afterAll(() => rmSync(tempRoot, { recursive: true }));

beforeAll(startQueue);
afterAll(stopQueue);

const jobsOf = async (id: string) => (await jobs()).filter((job) => job.singleton_key === id);
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ") === false;
  } catch {
    return false;
  }
};

describe("sending", () => {
  test("an upload or a revision sent many times at once is queued once", async () => {
    const uploadId = await dropUnsent([]);
    const id = "00000000-0000-4000-8000-000000000001";
    await Promise.all([1, 2, 3].flatMap(() => [sendVerify({ id: uploadId, isLarge: false }), sendDerive([id, id])]));
    expect(await jobsOf(uploadId)).toHaveLength(1);
    expect(await jobsOf(id)).toHaveLength(1);
  });

  test("a site that starts again keeps what is queued", async () => {
    const before = await jobs();
    await stopQueue();
    await startQueue();
    expect(await jobs()).toEqual(before);
  });
});

describe("working", () => {
  test("a sealed drop is verified and derived without waiting for a sweep, each file to its final state", async () => {
    const pictures = await folderOfPictures(10);
    const files = [
      ...pictures,
      { path: "notes.jpg", bytes: notPictures.html },
      { path: "cut.jpg", bytes: truncated(await picture()) },
    ];
    await withWorker({}, async () => {
      const uploadId = await dropUnsent(files);
      await sendVerify({ id: uploadId, isLarge: false });
      await untilFinal(uploadId);
      const wanted = Object.fromEntries(pictures.map(({ path }) => [path, "ready"]));
      expect(await statesOf(uploadId)).toEqual({ ...wanted, "notes.jpg": "kept", "cut.jpg": "rejected" });
    });
  });

  test("what was sealed or verified but never sent is found at the start", async () => {
    const uploadId = await dropUnsent(await folderOfPictures(2));
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    await withWorker({}, async () => {
      await untilFinal(uploadId);
      await expect.poll(async () => (await revisionById(id)).state, { timeout: 10_000 }).toBe("ready");
    });
  });

  test("an undoing that was cut short is finished, and so is one that was sent", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    const { uploadId, mediaId } = await revisionById(id);
    const deletedAt = async () => (await db().media.findUniqueOrThrow({ where: { id: mediaId } })).deletedAt;
    const undoneAt = new Date();
    await db().upload.update({ where: { id: uploadId }, data: { undoneAt, turningSince: undoneAt } });
    await withWorker({}, async () => {
      await expect.poll(deletedAt, { timeout: 10_000 }).toEqual(undoneAt);
      // As long as that job is not through, another one would be the same.
      const states = async () =>
        (await jobsOf(uploadId)).filter(({ name }) => name === "turn").map(({ state }) => state);
      await expect.poll(states, { timeout: 10_000 }).toEqual(["completed"]);
      await db().upload.update({ where: { id: uploadId }, data: { undoneAt: null, turningSince: new Date() } });
      await sendTurn(uploadId);
      await expect.poll(deletedAt, { timeout: 10_000 }).toBeNull();
    });
  });

  test("and within a sweep's time while it runs", async () => {
    await withWorker({ sweepIntervalSeconds: 1 }, async () => {
      const uploadId = await dropUnsent(await folderOfPictures(1));
      await untilFinal(uploadId);
    });
  });

  test("a stop lets what runs finish and leaves the rest for later", { timeout: 60_000 }, async () => {
    const large = await picture({ width: 3000, height: 2000 });
    const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => pendingRevision(large, `${i}.jpg`)));
    await withWorker({ concurrency: 1 }, async () => {
      await sendDerive(ids);
      await expect
        .poll(async () => (await jobs()).some(({ state }) => state === "active"), { interval: 10 })
        .toBe(true);
    });
    const states = (await jobs()).filter(({ singleton_key: key }) => ids.includes(key)).map(({ state }) => state);
    expect(states).not.toContain("active");
    expect(await pendingCount()).toBeGreaterThan(0);
    expect(await pendingCount()).toBeLessThan(8);
    await withWorker({}, () => expect.poll(() => pendingCount(), { timeout: 20_000 }).toBe(0));
  });
});

describe("when all tries fail", () => {
  test("a picture that kills the decoder each time is given up in words, and the others go on", {
    timeout: 60_000,
  }, async () => {
    await withWorker({ concurrency: 1 }, async () => {
      await hurryQueue("derive", { retryLimit: 1 });
      const id = await pendingRevision(await picture({ width: 3000, height: 2000 }));
      await whileKilling("ready", async () => {
        await sendDerive([id]);
        await expect.poll(async () => (await revisionById(id)).state, { timeout: 40_000 }).toBe("rejected");
      });
      expect((await revisionById(id)).rejectReason).toMatch(/could not be processed/);
      const next = await pendingRevision(await picture({ width: 64, height: 64 }));
      await sendDerive([next]);
      await expect.poll(async () => (await revisionById(next)).state, { timeout: 10_000 }).toBe("ready");
    });
  });

  test("a storage that refuses us costs no picture: they wait, and come once it is mended", async () => {
    await withWorker({}, async () => {
      await hurryQueue("derive", { retryLimit: 0 });
      const id = await pendingRevision(await picture({ width: 64, height: 64 }));
      const Policy = JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Deny", Principal: "*", Action: "s3:GetObject*", Resource: `arn:aws:s3:::${bucket.bucket}/*` },
        ],
      });
      await bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.bucket, Policy }));
      try {
        await sendDerive([id]);
        await expect.poll(() => waiting(id), { timeout: 10_000 }).toMatchObject([{ data: { rounds: 1, lost: 0 } }]);
        expect(await revisionById(id)).toMatchObject({ state: "pending" });
      } finally {
        await bucket.client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.bucket }));
      }
      await hurry(id);
      await expect.poll(async () => (await revisionById(id)).state, { timeout: 10_000 }).toBe("ready");
    });
  });

  test("decoders that cannot even start are no picture's fault", async () => {
    await withWorker({ concurrency: 1 }, async () => {
      await hurryQueue("derive", { retryLimit: 0 });
      const id = await pendingRevision(await picture({ width: 64, height: 64 }));
      await whileKilling("all", async () => {
        await sendDerive([id]);
        await expect.poll(() => waiting(id), { timeout: 10_000 }).toHaveLength(1);
      });
      expect(await revisionById(id)).toMatchObject({ state: "pending" });
      await hurry(id);
      await expect.poll(async () => (await revisionById(id)).state, { timeout: 10_000 }).toBe("ready");
    });
  });

  describe("decides by the failure alone", () => {
    const context: JobContext = { boss: createBoss({}, () => undefined), viewer: worker, log: quiet };
    beforeAll(() => startBoss(context.boss));
    afterAll(() => context.boss.stop({ graceful: false }));
    const heartbeat = { value: { message: "job heartbeat timeout" } };

    test.each([
      ["storage away", { code: "UNAVAILABLE", message: "away" }, { rounds: 1, lost: 0 }],
      ["bucket gone, disk full", { code: "INTERNAL", message: "ENOSPC" }, { rounds: 1, lost: 0 }],
      ["worker died", heartbeat, { rounds: 1, lost: 1 }],
    ])("%s: later again, and no sweep brings it forward", async (_, sourceOutput, counted) => {
      const revisionId = await pendingRevision(await picture({ width: 64, height: 64 }));
      await handleDeriveFailed(context, { data: { revisionId }, sourceOutput });
      expect(await revisionById(revisionId)).toMatchObject({ state: "pending" });
      await sweep(context);
      const [job, ...more] = await waiting(revisionId);
      expect(more).toEqual([]);
      expect(job).toMatchObject({ data: { revisionId, ...counted } });
      expect(job?.seconds).toBeGreaterThan(10);
    });

    test("each round waits longer, ten minutes at most", async () => {
      for (const [rounds, seconds] of [
        [3, 120],
        [50, 600],
      ] as const) {
        const revisionId = await pendingRevision(await picture({ width: 64, height: 64 }));
        const sourceOutput = { code: "INTERNAL", message: "refused" };
        await handleDeriveFailed(context, { data: { revisionId, rounds }, sourceOutput });
        const [job] = await waiting(revisionId);
        expect(job?.data).toMatchObject({ rounds: rounds + 1 });
        expect(Math.abs((job?.seconds ?? 0) - seconds)).toBeLessThan(10);
      }
    });

    test("a picture none of whose workers ever came back is given up in the end", async () => {
      const revisionId = await pendingRevision(await picture({ width: 64, height: 64 }));
      await handleDeriveFailed(context, { data: { revisionId, rounds: 5, lost: 5 }, sourceOutput: heartbeat });
      expect(await revisionById(revisionId)).toMatchObject({ state: "rejected" });
      expect(await waiting(revisionId)).toEqual([]);
    });
  });

  test("an original that is gone from the storage is said to be", async () => {
    await withWorker({}, async () => {
      await hurryQueue("derive", { retryLimit: 0 });
      const id = await pendingRevision(await picture({ width: 64, height: 64 }));
      const { key: Key, versionId: VersionId } = await revisionById(id);
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key, VersionId }));
      await sendDerive([id]);
      await expect.poll(async () => (await revisionById(id)).state, { timeout: 10_000 }).toBe("rejected");
      expect((await revisionById(id)).rejectReason).toMatch(/no longer in the storage/);
    });
  });
});

test("a worker that cannot begin leaves no connection behind", async () => {
  const connections = async () => {
    const [row] = await db().$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'atoll-jobs'`;
    return row?.count;
  };
  const before = await connections();
  // The queue takes no worker of none at once: it fails after the connection is up.
  const worker = await startWorker({ logger: quiet, concurrency: 0 });
  try {
    await expect.poll(connections, { timeout: 1_500 }).toBe(before);
  } finally {
    await worker.stop();
  }
});

describe("disasters", () => {
  // Where /proc tells a worker's children.
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
      await expect.poll(victim.output, { timeout: 20_000 }).toContain("started");
      await hurryQueue("derive", { heartbeatSeconds: 2 });
      await hurryQueue("verify", { heartbeatSeconds: 2 });
      await sendVerify({ id: uploadId, isLarge: false });
      // Some done, some being done: that is when it hurts.
      await expect
        .poll(() => victim.output().match(/revision derived/g)?.length ?? 0, { timeout: 20_000, interval: 10 })
        .toBeGreaterThan(1);
      const children = childPids(victim.child.pid);
      expect(children.length).toBeGreaterThan(0);
      victim.child.kill("SIGKILL");
      await victim.ended;
      await expect.poll(() => children.filter(isAlive), { timeout: 5_000 }).toEqual([]);
      expect(await pendingCount(uploadId)).toBeGreaterThan(0);
      const abandoned = (await jobs()).filter(({ state }) => state === "active");
      expect(abandoned.length).toBeGreaterThan(0);
      await withWorker({}, () => untilFinal(uploadId, 45_000));
      expect(new Set(Object.values(await statesOf(uploadId)))).toEqual(new Set(["ready"]));
      const retried = (await jobs()).filter(({ retry_count: count, name }) => name === "derive" && count > 0);
      expect(retried.length).toBeGreaterThan(0);
      expect(await strayDerivatives()).toBeLessThanOrEqual(2 * 3);
    },
  );

  test("without a database a worker waits, at the start and later", { timeout: 120_000 }, async () => {
    const gate = await databaseGate(url);
    gate.shut();
    const waiting = start({ concurrency: 1, sweepIntervalSeconds: 1 }, gate.url);
    await expect.poll(waiting.output, { timeout: 20_000 }).toContain("the worker waits for the database");
    gate.open();
    await expect.poll(waiting.output, { timeout: 20_000 }).toContain("worker started");
    await untilFinal(await dropUnsent(await folderOfPictures(1)));
    gate.shut();
    await expect.poll(waiting.output, { timeout: 20_000 }).toContain("sweep failed");
    const uploadId = await dropUnsent(await folderOfPictures(1));
    await sendVerify({ id: uploadId, isLarge: false });
    gate.open();
    await untilFinal(uploadId, 30_000);
    waiting.child.kill("SIGTERM");
    expect(await waiting.ended).toBe(0);
    gate.close();
  });

  onLinux("Ctrl-C reaches the decoders too, and still lets the picture finish", { timeout: 60_000 }, async () => {
    const uploadId = await dropUnsent(await folderOfPictures(6, { width: 2000, height: 1500 }));
    const stopped = start({ concurrency: 1 });
    const has = (text: string) => expect.poll(stopped.output, { timeout: 30_000, interval: 10 }).toContain(text);
    await has("revision derived");
    for (const pid of childPids(stopped.child.pid)) process.kill(pid, "SIGINT");
    stopped.child.kill("SIGTERM");
    expect(await stopped.ended).toBe(0);
    expect(stopped.output()).not.toContain("job failed");
    // The picture under way was finished. One that was only just being fetched may be "active" still: without a heartbeat it
    // goes to the next worker.
    const left = (await jobs()).filter(({ state }) => state === "active" || state === "retry");
    expect(left.filter(({ retry_count: retries, state }) => retries > 0 || state === "retry")).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(1);
    await withWorker({}, () => untilFinal(uploadId));
  });

  test("stopped while it waits for the database, it ends", async () => {
    const gate = await databaseGate(url);
    gate.shut();
    const waiting = start({}, gate.url);
    await expect.poll(waiting.output, { timeout: 20_000 }).toContain("started");
    waiting.child.kill("SIGTERM");
    expect(await waiting.ended).toBe(0);
    gate.close();
  });
});

/** Runs while decoders are killed over and over. */
async function whileKilling(which: "all" | "ready", run: () => Promise<void>): Promise<void> {
  const killer = setInterval(() => {
    for (const pid of decoderPids(which)) process.kill(pid, "SIGKILL");
  }, 20);
  try {
    await run();
  } finally {
    clearInterval(killer);
  }
}

type Waiting = { data: object; seconds: number };

/** Jobs for a revision whose time has not come. */
function waiting(revisionId: string): Promise<Waiting[]> {
  return db().$queryRaw<Waiting[]>`
    SELECT data, extract(epoch FROM start_after - now())::float AS seconds FROM pgboss.job
    WHERE name = 'derive' AND state = 'created' AND singleton_key = ${revisionId} AND start_after > now()`;
}

async function hurry(revisionId: string): Promise<void> {
  await db().$executeRaw`
    UPDATE pgboss.job SET start_after = now() WHERE name = 'derive' AND singleton_key = ${revisionId}`;
}

function childPids(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
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
