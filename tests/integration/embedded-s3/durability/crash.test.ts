import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formNumber } from "@/tests/support/forms.mjs";
import { seed } from "../seed";
import { expectSound } from "./audit";
import { bundleStoreChild } from "./bundle";
import { Caller } from "./caller";
import type { BucketKind } from "./expected";
import { Lane } from "./load";
import { SeededRandom } from "./random";
import { readAllBack } from "./readback";
import { EndedError, type KillPoint, StoreProcess } from "./store-process";

/** `ATOLL_TEST_CRASH_ROUNDS=200 ATOLL_TEST_SEED=7 npx vitest run --project integration tests/integration/embedded-s3/durability/crash` */
const rounds = formNumber("ATOLL_TEST_CRASH_ROUNDS");
const LANES = 8;
const buckets = new Map<string, BucketKind>([
  ["plain", "plain"],
  ["versioned", "versioned"],
  ["suspended", "suspended"],
]);

let folder: string;
let dataDir: string;
let program: string[];
/** Processes that have loaded the store; a round may take two before the next is ready. */
const loaded: StoreProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-s3-crash-"));
  dataDir = join(folder, "data");
  program = await bundleStoreChild(folder);
  loaded.push(new StoreProcess(program), new StoreProcess(program));
});
afterAll(async () => {
  await Promise.all(loaded.map((store) => store.kill()));
  await rm(folder, { recursive: true, force: true });
});

/** Starts the store in a loaded process, and loads another in its place. */
async function startNext(dieAt?: KillPoint): Promise<{ store: StoreProcess; endpoint: string }> {
  const store = loaded.shift() ?? new StoreProcess(program);
  loaded.push(new StoreProcess(program));
  return { store, endpoint: await store.start(dataDir, dieAt) };
}

it(
  `keeps every acknowledged write, unbroken, through ${rounds} kills (ATOLL_TEST_SEED=${seed})`,
  async () => {
    const random = new SeededRandom(seed);
    const lanes = Array.from({ length: LANES }, (_, i) => new Lane(i, new SeededRandom(seed * 1000 + i), buckets));
    const first = await startNext();
    await prepare(first.endpoint);
    await first.store.kill();
    for (let round = 1; round <= rounds; round++) {
      await crashOnce(random, lanes);
      if (random.next() < 0.2) await crashAtStart(random);
      const { store, endpoint } = await startNext();
      const caller = new Caller(endpoint);
      const wrong = await readAllBack(caller, buckets.keys(), lanes);
      expect(wrong, `round ${round}`).toEqual([]);
      await store.saying("swept");
      await expectSound(dataDir, `round ${round}`);
      caller.close();
      await store.kill();
      expect(store.complaints).toBe("");
    }
    const acknowledged = lanes.reduce((sum, lane) => sum + lane.acknowledged, 0);
    console.log(`${rounds} kills, ${acknowledged} acknowledged writes, 0 lost, 0 torn (seed ${seed})`);
    expect(acknowledged).toBeGreaterThan(rounds * 10);
  },
  rounds * 5_000 + 30_000,
);

async function prepare(endpoint: string): Promise<void> {
  const caller = new Caller(endpoint);
  for (const [name, kind] of buckets) {
    await caller.expect([200], "PUT", name);
    const statuses = kind === "plain" ? [] : kind === "versioned" ? ["Enabled"] : ["Enabled", "Suspended"];
    for (const status of statuses) {
      const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
      await caller.expect([200], "PUT", name, { query: { versioning: "" }, body });
    }
  }
  caller.close();
}

/** Lets all lanes write until the process is killed: at a random time, or right before or after a system call. */
async function crashOnce(random: SeededRandom, lanes: readonly Lane[]): Promise<void> {
  const calls = ["rename", "rm", "open"] as const;
  const when = random.pick(["before", "after"] as const);
  const aimed = random.next() < 0.4 ? { when, call: random.pick(calls), count: random.between(1, 40) } : undefined;
  const signal = !aimed && random.next() < 0.15 ? "SIGTERM" : "SIGKILL";
  const started = await startNext(aimed).catch(onlyEnded);
  if (!started) return;
  const { store, endpoint } = started;
  const caller = new Caller(endpoint, LANES);
  const work = Promise.all(lanes.map((lane) => lane.run(caller)));
  const timer = setTimeout(() => store.signal(signal), aimed ? 600 : random.between(5, 250));
  await work;
  clearTimeout(timer);
  await store.kill();
  caller.close();
}

/** Another kill while the store is being opened or sweeps. */
async function crashAtStart(random: SeededRandom): Promise<void> {
  const call = random.pick(["open", "readdir", "rm", "mkdir"] as const);
  const point = { when: random.pick(["before", "after"] as const), call, count: random.between(1, 200) };
  // A kill at the start before this one may have left no folder.
  await mkdir(join(dataDir, "tmp"), { recursive: true });
  await writeFile(join(dataDir, "tmp", "leftover"), "half a file");
  const started = await startNext(point).catch(onlyEnded);
  await started?.store.saying("swept").catch(onlyEnded);
  await started?.store.kill();
}

/** Ignores the planned death of a store before it is ready. */
function onlyEnded(error: unknown): undefined {
  if (!(error instanceof EndedError)) throw error;
}
