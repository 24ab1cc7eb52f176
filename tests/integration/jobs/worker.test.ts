import { DeleteBucketPolicyCommand, DeleteObjectCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { db, firstId } from "@/lib/db";
import { decoderPids } from "@/lib/derive/decoder/decoder";
import { each, handleDeriveFailed, type JobContext } from "@/lib/jobs/handlers";
import { createBoss, startBoss } from "@/lib/jobs/queue/boss";
import * as queue from "@/lib/jobs/queue/queue";
import { sendUndo, startQueue, stopQueue } from "@/lib/jobs/queue/queue";
import { sweep } from "@/lib/jobs/sweep";
import { startWorker } from "@/lib/jobs/worker";
import { type Derivation, recordDerivation } from "@/lib/media/commands";
import { dropUnsent, pendingRevision, revisionById, statesOf, worker } from "@/tests/integration/derive/fixtures";
import { folderOfPictures, headerAlone, notPictures, picture, truncated } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { hurryQueue, jobs, pendingCount, quiet, sendDerive, sendVerify, untilFinal, withWorker } from "./fixtures";

await testDatabase();
const bucket = await testBucket();

beforeAll(startQueue);
afterAll(stopQueue);

const jobsOf = async (id: string) => (await jobs()).filter((job) => job.singleton_key === id);

describe("sending", () => {
  test("an upload or a revision sent many times at once is queued once", async () => {
    const uploadId = await dropUnsent([]);
    const id = "00000000-0000-4000-8000-000000000001";
    const revision = { id, priority: -1, personId: null };
    await Promise.all([1, 2, 3].flatMap(() => [sendVerify(uploadId), queue.sendDerive([revision, revision])]));
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
      { path: "broken.jpg", bytes: headerAlone(await picture()) },
    ];
    await withWorker({ concurrency: 2 }, async () => {
      const uploadId = await dropUnsent(files);
      await sendVerify(uploadId);
      await untilFinal(uploadId);
      const wanted = Object.fromEntries(pictures.map(({ path }) => [path, "ready"]));
      expect(await statesOf(uploadId)).toEqual({
        ...wanted,
        "notes.jpg": "kept",
        "cut.jpg": "ready",
        "broken.jpg": "rejected",
      });
    });
  });

  test("what was sealed or verified but never sent is found at the start", async () => {
    const uploadId = await dropUnsent(await folderOfPictures(2));
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    await withWorker({}, async () => {
      await untilFinal(uploadId);
      await expect.poll(async () => (await revisionById(id)).state).toBe("ready");
    });
  });

  test("an undo that was cut short is finished, and so is a redo that was sent", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    const { uploadId, mediaId } = await revisionById(id);
    const deletedAt = async () => (await db().media.findUniqueOrThrow({ where: { id: mediaId } })).deletedAt;
    const undoneAt = new Date();
    await db().uploadUndo.create({ data: { uploadId, at: undoneAt, cursor: firstId } });
    await withWorker({}, async () => {
      await expect.poll(deletedAt).toEqual(undoneAt);
      // As long as that job is not through, another one would be the same.
      const states = async () =>
        (await jobsOf(uploadId)).filter(({ name }) => name === "undo").map(({ state }) => state);
      await expect.poll(states).toEqual(["completed"]);
      await db().uploadUndo.update({ where: { uploadId }, data: { redoneAt: new Date(), cursor: firstId } });
      await sendUndo(uploadId);
      await expect.poll(deletedAt).toBeNull();
    });
  });

  test("and within a sweep's time while it runs", async () => {
    await withWorker({ sweepIntervalSeconds: 1 }, async () => {
      const uploadId = await dropUnsent(await folderOfPictures(1));
      await untilFinal(uploadId);
    });
  });

  test("a stop lets what runs finish and leaves the rest for later", async () => {
    const large = await picture({ width: 3000, height: 2000 });
    const ids = await withWorker({}, async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => pendingRevision(large, `${i}.jpg`)));
      await sendDerive(ids);
      await expect
        .poll(async () => (await jobs()).some(({ state }) => state === "active"), { interval: 10 })
        .toBe(true);
      return ids;
    });
    const states = (await jobs()).filter(({ singleton_key: key }) => ids.includes(key)).map(({ state }) => state);
    expect(states).not.toContain("active");
    expect(await pendingCount()).toBeGreaterThan(0);
    expect(await pendingCount()).toBeLessThan(8);
    await withWorker({}, () => expect.poll(() => pendingCount()).toBe(0));
  });

  test("what does not finish in a stop's time goes back into the queue", async () => {
    const id = await withWorker({ stopTimeoutSeconds: 0.1 }, async () => {
      for (const pid of decoderPids()) process.kill(pid, "SIGSTOP");
      const id = await pendingRevision(await picture({ width: 64, height: 64 }));
      await sendDerive([id]);
      await expect.poll(async () => (await jobsOf(id))[0]?.state, { interval: 10 }).toBe("active");
      return id;
    });
    expect(await jobsOf(id)).toMatchObject([{ state: "retry", retry_count: 0 }]);
    await withWorker({}, () => expect.poll(pendingCount).toBe(0));
    expect(await jobsOf(id)).toMatchObject([{ state: "completed" }]);
  });
});

describe("when all tries fail", () => {
  test("a picture that kills the decoder each time is rejected with a reason, and the others are derived", {
    timeout: 60_000,
  }, async () => {
    await withWorker({}, async () => {
      await hurryQueue("derive", { retryLimit: 1 });
      const id = await pendingRevision(await picture({ width: 3000, height: 2000 }));
      await whileKilling("ready", async () => {
        await sendDerive([id]);
        await expect.poll(async () => (await revisionById(id)).state).toBe("rejected");
      });
      expect((await revisionById(id)).rejectReason).toMatch(/could not be processed/);
      const next = await pendingRevision(await picture({ width: 64, height: 64 }));
      await sendDerive([next]);
      await expect.poll(async () => (await revisionById(next)).state).toBe("ready");
    });
  });

  test("a storage that refuses access costs no picture: they wait, and are derived once it is repaired", async () => {
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
        await expect.poll(() => waiting(id)).toMatchObject([{ data: { rounds: 1, lost: 0 } }]);
        expect(await revisionById(id)).toMatchObject({ state: "pending" });
      } finally {
        await bucket.client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.bucket }));
      }
      await hurry(id);
      await expect.poll(async () => (await revisionById(id)).state).toBe("ready");
    });
  });

  test("decoders that cannot start reject no picture", async () => {
    await withWorker({}, async () => {
      await hurryQueue("derive", { retryLimit: 0 });
      const id = await pendingRevision(await picture({ width: 64, height: 64 }));
      await whileKilling("all", async () => {
        await sendDerive([id]);
        await expect.poll(() => waiting(id)).toHaveLength(1);
      });
      expect(await revisionById(id)).toMatchObject({ state: "pending" });
      await hurry(id);
      await expect.poll(async () => (await revisionById(id)).state).toBe("ready");
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
      ["not to be recorded", { code: "NOT_RECORDABLE", message: "out of range" }, { rounds: 1, lost: 1 }],
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

    const offsetAlone = { takenAt: null, takenOffsetMinutes: 60, latitude: null, longitude: null };
    const found = {
      ...{ contentType: "image/jpeg", height: 1, derivedId: "x", warning: null, displayNote: null },
      state: "ready" as const,
    };
    test.each<[what: string, derivation: Derivation]>([
      ["a number beyond its column", { ...found, width: 2 ** 32 }],
      ["infinity", { ...found, width: Number.POSITIVE_INFINITY }],
      ["text with a zero byte", { ...found, width: 1, warning: "a\0b" }],
      ["what a constraint refuses", { ...found, width: 1, metadata: offsetAlone }],
    ])(
      "what the database refuses fails as such, and in the end the file is rejected: %s",
      async (_what, derivation) => {
        const revisionId = await pendingRevision(await picture({ width: 64, height: 64 }));
        const record = each(context, async () => void (await recordDerivation(worker, revisionId, derivation)));
        const [result] = await record([{ id: "1", name: "derive", data: { revisionId }, retryCount: 0 } as never]);
        const sourceOutput = result?.output as { code: string };
        expect(sourceOutput).toMatchObject({ code: "NOT_RECORDABLE" });
        await handleDeriveFailed(context, { data: { revisionId, rounds: 5, lost: 5 }, sourceOutput });
        expect(await revisionById(revisionId)).toMatchObject({ state: "rejected" });
      },
    );

    test("a picture that killed the worker in every round is rejected in the end", async () => {
      const revisionId = await pendingRevision(await picture({ width: 64, height: 64 }));
      await handleDeriveFailed(context, { data: { revisionId, rounds: 5, lost: 5 }, sourceOutput: heartbeat });
      expect(await revisionById(revisionId)).toMatchObject({ state: "rejected" });
      expect(await waiting(revisionId)).toEqual([]);
    });
  });

  test("an original that is gone from the storage is rejected with that reason", async () => {
    await withWorker({}, async () => {
      await hurryQueue("derive", { retryLimit: 0 });
      const id = await pendingRevision(await picture({ width: 64, height: 64 }));
      const { key: Key, versionId: VersionId } = await revisionById(id);
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key, VersionId }));
      await sendDerive([id]);
      await expect.poll(async () => (await revisionById(id)).state).toBe("rejected");
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
  // A worker of no decoder fails, after the connection is up.
  const worker = await startWorker({ logger: quiet, concurrency: 0 });
  try {
    await expect.poll(connections).toBe(before);
  } finally {
    await worker.stop();
  }
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
