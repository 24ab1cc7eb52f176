import type { ChildProcess } from "node:child_process";
import diagnostics from "node:diagnostics_channel";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeFile, stopDecoders } from "@/lib/derive/decoder/decoder";
import { DecoderPool, poolBytes } from "@/lib/derive/decoder/pool";
import { usageOf } from "@/lib/derive/decoder/usage";
import { inspectFile } from "@/lib/derive/file/file";
import { formNumber } from "@/tests/support/forms.mjs";
import { progressiveJpeg } from "@/tests/support/hostile/jpeg";
import { zeroPng } from "@/tests/support/hostile/png";
import { zeroTiff } from "@/tests/support/hostile/tiff";
import { picture } from "@/tests/support/pictures";
import { until } from "@/tests/support/until";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "atoll-test-"));
});
afterAll(() => rm(dir, { recursive: true }));

const pool = new DecoderPool();
afterAll(() => pool.stop());

let files = 0;
async function fileOf(bytes: Buffer): Promise<string> {
  const filePath = path.join(dir, String(files++));
  await writeFile(filePath, bytes);
  return filePath;
}

type Need = { memoryBytes: number; cpuSeconds: number; seconds?: number };

/** Returns what decodes a file, with what it says that it needs or with less. */
async function decoding(filePath: string, less: Partial<Need> = {}) {
  const inspected = await inspectFile(filePath);
  if (!inspected.budget) throw new Error(`not to be decoded: ${JSON.stringify(inspected.derivation)}`);
  const { contentType, budget } = inspected;
  const need = { memoryBytes: budget.memoryBytes, cpuSeconds: 60, ...less };
  return (by: DecoderPool) => by.run({ step: "derive", filePath, contentType }, need);
}

async function decode(filePath: string, less: Partial<Need> = {}) {
  return (await decoding(filePath, less))(pool);
}

const ready = { derivation: { state: "ready" } };
const isAlive = (pid: number) => usageOf(pid) !== null;
const small = picture({ width: 64, height: 64 });

describe("a picture that takes more than it may", () => {
  // What a file that lies about itself would do, with a smaller allowance instead of a larger picture.
  test.each([
    ["memory", () => progressiveJpeg({ width: 8_000, height: 6_000, scans: 1 }), { memoryBytes: 1e6 }],
    [
      "memory",
      () => zeroPng({ width: 4_000, height: 3_000, depth: 16, colourType: 6, isInterlaced: true }),
      { memoryBytes: 1e6 },
    ],
    ["long", () => progressiveJpeg({ width: 4_000, height: 2_500, scans: 2_500 }), { cpuSeconds: 0.3 }],
  ])("ends its decoder, and no other: %s", async (reason, bytes, less) => {
    const next = await fileOf(await small);
    expect(await decode(next)).toMatchObject(ready);
    const before = pool.pids("all");
    const failure = await decode(await fileOf(bytes()), less).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "DecoderLimitError", message: expect.stringContaining(reason) });
    expect(before.filter(isAlive)).toEqual([]);
    expect(await decode(next)).toMatchObject(ready);
  });

  test("ends its decoder even if that never replies, and takes no processor time", async () => {
    const next = await fileOf(await small);
    expect(await decode(next)).toMatchObject(ready);
    const [pid = Number.NaN] = pool.pids("all");
    process.kill(pid, "SIGSTOP");
    const failure = await decode(next, { seconds: 0.5 }).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "DecoderLimitError", message: expect.stringContaining("long") });
    expect(isAlive(pid)).toBe(false);
    expect(await decode(next)).toMatchObject(ready);
  });
});

describe("honest files that are read here take what was estimated, and are shown", () => {
  afterAll(stopDecoders);

  test.each([
    ["CIELab in one strip", { width: 6_000, height: 4_000, photometric: 8 }, null],
    [
      "a strip that was cut",
      { width: 7_000, height: 4_500, storedShare: 0.8 },
      expect.stringMatching(/only what could/),
    ],
  ])("%s", async (_what, options, warning) => {
    const decoded = await decodeFile(await fileOf(zeroTiff(options)));
    expect(decoded).toMatchObject({ state: "ready", width: options.width, warning });
  });
});

test("a decoder that cannot be started is no fault of the picture, and ends no wait but its own", async () => {
  const next = await fileOf(await small);
  const own = new DecoderPool();
  const node = process.execPath;
  try {
    process.execPath = path.join(dir, "no-such-node");
    const run = await decoding(next);
    const failures = await Promise.allSettled([run(own), run(own)]);
    const failed = { status: "rejected", reason: { name: "Error", message: "The decoder could not be started." } };
    expect(failures).toMatchObject([failed, failed]);
    expect(own.pids("all")).toEqual([]);
    process.execPath = node;
    expect(await run(own)).toMatchObject(ready);
  } finally {
    process.execPath = node;
    own.stop();
  }
});

test("a decoder that takes no requests any more is ended, and gets no other picture", async () => {
  const started: ChildProcess[] = [];
  const onStart = (message: unknown) => started.push((message as { process: ChildProcess }).process);
  diagnostics.subscribe("child_process", onStart);
  const own = new DecoderPool();
  try {
    const run = await decoding(await fileOf(await small));
    expect(await run(own)).toMatchObject(ready);
    const [pid = Number.NaN] = own.pids("all");
    // Stopped, it does not end by itself as others do whose parent is gone.
    process.kill(pid, "SIGSTOP");
    started.find((child) => child.pid === pid)?.disconnect();
    await expect(run(own)).rejects.toMatchObject({ message: "The picture could not be sent to the decoder." });
    expect(await run(own)).toMatchObject(ready);
    expect(own.pids("all")).not.toContain(pid);
    await until(() => expect(isAlive(pid)).toBe(false));
  } finally {
    diagnostics.unsubscribe("child_process", onStart);
    own.stop();
  }
});

describe("memory for all decoders together", () => {
  const large = progressiveJpeg({ width: 11_000, height: 8_900, scans: 10, components: 3, subsampling: 2 });
  const medium = progressiveJpeg({ width: 10_000, height: 6_000, scans: 10 });

  test("is never exceeded, however many pictures come at once, and all are decoded", async () => {
    const kinds = [large, medium, await small, medium];
    const count = formNumber("ATOLL_TEST_POOL_PICTURES");
    const waiting = await Promise.all(Array.from({ length: count }, (_, i) => fileOf(kinds[i % 4] ?? medium)));
    let mostBytes = 0;
    let mostProcesses = 0;
    const sampling = setInterval(() => {
      const pids = pool.pids("all");
      mostBytes = Math.max(
        mostBytes,
        pids.reduce((sum, pid) => sum + (usageOf(pid)?.rssBytes ?? 0), 0),
      );
      mostProcesses = Math.max(mostProcesses, pids.length);
    }, 5);
    const decoded = await Promise.all(waiting.map((filePath) => decode(filePath)));
    clearInterval(sampling);
    expect(decoded).toEqual(
      waiting.map(() => expect.objectContaining({ derivation: expect.objectContaining({ state: "ready" }) })),
    );
    expect(mostBytes).toBeLessThanOrEqual(poolBytes);
    expect(mostProcesses).toBeGreaterThan(1);
  });

  /** Starts two decoders of a pool, and waits until they are idle. */
  async function warmUp(own: DecoderPool): Promise<void> {
    const run = await decoding(await fileOf(await small));
    await Promise.all([run(own), run(own)]);
    expect(own.pids("ready")).toHaveLength(2);
  }

  test("is no fault of a picture that takes no more than it may: it is decoded again", async () => {
    const promisedBytes = 40e6;
    const own = new DecoderPool({ memoryBytes: 2 * (95e6 + promisedBytes) });
    try {
      await warmUp(own);
      const pids = own.pids("all");
      const runs = await Promise.all(
        ["a", "b"].map(async () =>
          decoding(await fileOf(progressiveJpeg({ width: 8_000, height: 5_000, scans: 400 })), {
            memoryBytes: promisedBytes,
          }),
        ),
      );
      const decoded = Promise.allSettled(runs.map((run) => run(own)));
      // The first that has taken more than it was promised keeps that, until the other one comes to exceed the pool.
      const held = await until(() => {
        const pid = pids.find((one) => (usageOf(one)?.rssBytes ?? 0) > 95e6 + promisedBytes || !isAlive(one));
        if (pid === undefined) throw new Error("neither decoder has taken more than it was promised");
        return pid;
      }, 5);
      if (isAlive(held)) process.kill(held, "SIGSTOP");
      await until(() => expect(pids.filter(isAlive)).toHaveLength(1), 5);
      if (isAlive(held)) process.kill(held, "SIGCONT");
      const fulfilled = { status: "fulfilled", value: ready };
      expect(await decoded).toMatchObject([fulfilled, fulfilled]);
    } finally {
      own.stop();
    }
  });

  test.each([
    ["small pictures pass a large one that waits", {}, ["small", "first", "second"]],
    ["unless that has waited for long", { patienceMilliseconds: 0 }, ["first", "small", "second"]],
  ])("%s", async (_what, options, wanted) => {
    const own = new DecoderPool(options);
    const order: string[] = [];
    try {
      await warmUp(own);
      const long = progressiveJpeg({ width: 4_000, height: 2_500, scans: 400 });
      const decodings = await Promise.all([
        decoding(await fileOf(long), { memoryBytes: 350e6 }),
        decoding(await fileOf(long), { memoryBytes: 350e6 }),
        decoding(await fileOf(await small)),
      ]);
      const names = ["first", "second", "small"];
      await Promise.all(decodings.map((run, i) => run(own).then(() => order.push(names[i] ?? ""))));
      expect(order).toEqual(wanted);
    } finally {
      own.stop();
    }
  });
});
