import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { decoderPids } from "@/lib/derive/decoder/decoder";
import { readsUsage, usageOf } from "@/lib/derive/decoder/usage";
import { createBoss, startBoss } from "@/lib/jobs/queue/boss";
import * as queue from "@/lib/jobs/queue/queue";
import { sweep } from "@/lib/jobs/sweep";
import type { RunningWorker } from "@/lib/jobs/worker";
import { lockCollection } from "@/lib/locks";
import { postponeDerivation, recordDerivation } from "@/lib/media/commands";
import { revisionsToDerive } from "@/lib/media/queries";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { dropUnsent, pendingRevision, revisionById, worker } from "@/tests/integration/derive/fixtures";
import { testUser } from "@/tests/support/fixtures/collections";
import { progressiveJpeg } from "@/tests/support/hostile/jpeg";
import { picture } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { until } from "@/tests/support/until";
import { jobs, pendingCount, quiet, sendDerive, sendVerify, startSwept, untilFinal } from "./fixtures";

await testDatabase();
await testBucket();

let [anna, ben, cleo]: UserViewer[] = [];
const small = picture({ width: 64, height: 64 });
beforeAll(async () => {
  await queue.startQueue();
  [anna, ben, cleo] = await Promise.all(["Anna", "Ben", "Cleo"].map((name) => testUser(name)));
});
afterAll(queue.stopQueue);

let drops = 0;
/** Uploads so many pictures, as of a person. */
async function drop(by: UserViewer | undefined, count: number): Promise<string> {
  const bytes = await small;
  drops += 1;
  return dropUnsent(
    Array.from({ length: count }, (_, i) => ({ path: `${drops}/${i}.jpg`, bytes })),
    by,
  );
}

async function verifiedDrop(by: UserViewer | undefined, count: number): Promise<string[]> {
  const ids: string[] = [];
  await verifyUpload(worker, await drop(by, count), async (page) => {
    ids.push(...page.map(({ id }) => id));
  });
  return ids;
}

/** Whose pictures wait, in the order in which they are derived; those that have the same turn in the order of names. */
async function line(limit = 100): Promise<string> {
  const names = new Map([anna, ben, cleo].map((person) => [person?.userId ?? null, person?.name.charAt(0) ?? ""]));
  const waiting = await revisionsToDerive(worker, limit);
  const turns = [...new Set(waiting.map(({ priority }) => priority))];
  const of = (turn: number) => waiting.filter(({ priority }) => priority === turn);
  const initials = (turn: number) => of(turn).map(({ personId }) => names.get(personId) ?? "?");
  return turns.map((turn) => initials(turn).sort().join("")).join(" ");
}

async function markDerived(ids: string[]): Promise<void> {
  await Promise.all(ids.map((id) => recordDerivation(worker, id, { state: "kept", contentType: "text/plain" })));
}

const firstWaiting = async (count: number) => (await revisionsToDerive(worker, count)).map(({ id }) => id);

describe("people take turns, whatever the sizes of their uploads", () => {
  test("one who comes later starts behind what is derived now, not behind what waits", async () => {
    await verifiedDrop(anna, 6);
    await verifiedDrop(ben, 2);
    expect(await line()).toBe("A AB AB A A A");
    await markDerived(await firstWaiting(5));
    await verifiedDrop(cleo, 3);
    expect(await line()).toBe("A AC AC C");
    // What the sweep takes is the front of the line, not the oldest.
    expect(await line(3)).toBe("A AC");
    await markDerived(await firstWaiting(100));
  });

  test("uploads of one person share that person's turns", async () => {
    await verifiedDrop(anna, 4);
    await verifiedDrop(ben, 4);
    await verifiedDrop(anna, 1);
    expect(await line()).toBe("A AB AAB AB B");
    await markDerived(await firstWaiting(100));
  });

  test("many uploads of one person are not many people", async () => {
    for (let i = 0; i < 6; i++) await verifiedDrop(anna, 1);
    await verifiedDrop(ben, 3);
    expect(await line()).toBe("A AB AB AB A A");
    await markDerived(await firstWaiting(100));
  });

  test("one who begins when nothing waits is not ahead of those who come next", async () => {
    await verifiedDrop(anna, 2);
    await markDerived(await firstWaiting(100));
    await verifiedDrop(anna, 2);
    await verifiedDrop(ben, 2);
    expect(await line()).toBe("A AB B");
  });

  test("what cannot be derived now waits at the end", async () => {
    const [first = ""] = await firstWaiting(1);
    const last = (await revisionsToDerive(worker, 100)).at(-1)?.priority ?? Number.NaN;
    expect(await postponeDerivation(worker, first)).toBeLessThan(last);
    expect((await firstWaiting(100)).at(-1)).toBe(first);
    await markDerived([first]);
    expect(await postponeDerivation(worker, first)).toBeNull();
    await markDerived(await firstWaiting(100));
  });

  test("however many pictures there have been, and when several come at once", async () => {
    await lastTurn(2n ** 31n - 2n);
    await verifiedDrop(anna, 3);
    await Promise.all([verifiedDrop(ben, 2), verifiedDrop(cleo, 2)]);
    expect(await line()).toBe("A ABC ABC");
    await markDerived(await firstWaiting(100));
  });
});

/** Makes this the last turn that any upload has had. */
async function lastTurn(deriveOrder: bigint): Promise<void> {
  await db().upload.updateMany({ data: { deriveOrder } });
}

const activeJobs = async (queue: string) =>
  (await jobs()).filter(({ name, state }) => name === queue && state === "active").length;

describe("a worker", () => {
  let running: RunningWorker;
  beforeAll(async () => {
    running = await startSwept({});
    await until(() => expect(decoderPids("ready")).toHaveLength(1));
  });
  afterAll(() => running.stop());

  test.skipIf(!readsUsage)(
    "rejects a picture that was ended for what it takes, and does not try it again",
    async () => {
      const long = progressiveJpeg({ width: 4_000, height: 2_500, scans: 2_500 });
      const [id, next] = [await pendingRevision(long), await pendingRevision(await small)];
      const [pid = Number.NaN] = decoderPids();
      const cpuSeconds = () => usageOf(pid)?.cpuSeconds ?? 0;
      const before = cpuSeconds();
      await sendDerive([id]);
      await expect.poll(() => cpuSeconds() - before, { interval: 10 }).toBeGreaterThan(0.2);
      // As an allocator does when it gets no more memory.
      process.kill(pid, "SIGABRT");
      await expect.poll(async () => (await revisionById(id)).state).toBe("rejected");
      expect((await revisionById(id)).rejectReason).toMatch(/more memory to decode than it says.*can be downloaded/);
      const job = async () => (await jobs()).filter(({ singleton_key: key }) => key === id);
      await expect.poll(job).toMatchObject([{ name: "derive", state: "completed", retry_count: 0 }]);
      await sendDerive([next]);
      await expect.poll(async () => (await revisionById(next)).state).toBe("ready");
    },
  );

  test("derives others' pictures while those of one person never end", async () => {
    const [hostile, others] = [await verifiedDrop(anna, 2), await verifiedDrop(ben, 2)];
    const stuck = decoderPids();
    for (const pid of stuck) process.kill(pid, "SIGSTOP");
    await sendDerive(hostile);
    await expect.poll(() => activeJobs("derive")).toBe(1);
    await sendDerive(others);
    const states = async (ids: string[]) => (await Promise.all(ids.map(revisionById))).map(({ state }) => state);
    await expect.poll(() => states(others)).toEqual(["ready", "ready"]);
    expect(await states(hostile)).toEqual(["pending", "pending"]);
    for (const pid of stuck) process.kill(pid, "SIGCONT");
    await expect.poll(() => states(hostile)).toEqual(["ready", "ready"]);
  });

  test("verifies others' uploads while those of one person never end", async () => {
    const hostile = await Promise.all([1, 2, 3].map(() => drop(anna, 1)));
    const other = await drop(ben, 1);
    const { collectionId } = await db().upload.findUniqueOrThrow({ where: { id: hostile[0] ?? "" } });
    await db().$transaction(
      async (tx) => {
        // Each of them waits for its collection.
        await lockCollection(tx, collectionId);
        for (const id of hostile) await sendVerify(id);
        await expect.poll(() => activeJobs("verify")).toBe(2);
        await sendVerify(other);
        await untilFinal(other);
      },
      { timeout: 60_000 },
    );
    await Promise.all(hostile.map(untilFinal));
    expect(await pendingCount()).toBe(0);
  });
});

test("jobs of an earlier window of turns are not passed by those of the next: the sweep raises them", async () => {
  const boss = createBoss({ max: 2, supervise: false }, (error) => quiet.error(error));
  await startBoss(boss);
  try {
    // Anna's pictures are queued when the head is in one window, Ben's when it is in the next.
    await lastTurn(2n ** 32n - 3n);
    await verifiedDrop(anna, 4);
    const waiting = () => revisionsToDerive(worker, 100);
    await queue.sendDerive(await waiting());
    await markDerived(await firstWaiting(2));
    const his = await verifiedDrop(ben, 2);
    await queue.sendDerive((await waiting()).filter(({ id }) => his.includes(id)));
    expect(await line()).toBe("A AB B");
    const inLine = new Set((await waiting()).map(({ id }) => id));
    const queued = async () =>
      (await jobs())
        .filter(({ singleton_key: id }) => inLine.has(id))
        .toSorted((a, b) => b.priority - a.priority)
        .map(({ singleton_key: id, priority }) => ({ id, priority, isHis: his.includes(id) }));
    expect((await queued()).map(({ isHis }) => isHis)).toEqual([true, true, false, false]);
    await sweep({ boss, viewer: worker, log: quiet });
    const wanted = new Map((await waiting()).map(({ id, priority }) => [id, priority]));
    expect(new Map((await queued()).map(({ id, priority }) => [id, priority]))).toEqual(wanted);
  } finally {
    await boss.stop({ graceful: false });
  }
});
