import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { audit } from "../durability/audit";
import { Caller } from "../durability/caller";
import { startStore, type TestStore } from "../harness";
import { Real } from "./command";
import { expectAll, listCommands } from "./list-commands";
import { BucketModel, type Model } from "./model";
import { objectCommands } from "./object-commands";
import { uploadCommands } from "./upload-commands";
import { removeAll, versionCommands } from "./version-commands";

/** `ATOLL_TEST_HISTORIES=2000 npx vitest run --project integration tests/integration/embedded-s3/histories`; `ATOLL_TEST_HISTORIES_SEED` for the same ones again. */
const runs = Number(process.env.ATOLL_TEST_HISTORIES ?? 60);
const seed = Number(process.env.ATOLL_TEST_HISTORIES_SEED ?? Date.now() % 2 ** 31);
const limitMs = process.env.ATOLL_TEST_HISTORIES === undefined ? 12_000 : runs * 2_000;

let store: TestStore;
let caller: Caller;
let buckets = 0;

beforeAll(async () => {
  store = await startStore();
  caller = new Caller(store.endpoint);
});
afterAll(async () => {
  caller.close();
  await store.stop();
});

async function newModel(): Promise<Model> {
  const [first, second] = [new BucketModel(`bucket-${++buckets}`), new BucketModel(`bucket-${++buckets}`)];
  for (const { name } of [first, second]) await caller.expect([200], "PUT", name);
  return { buckets: [first, second] };
}

it(
  `any history of two buckets is what S3's rules say (ATOLL_TEST_HISTORIES_SEED=${seed})`,
  async () => {
    const real = new Real(caller);
    const steps = [...objectCommands, ...versionCommands, ...uploadCommands, ...listCommands];
    const deadline = Date.now() + limitMs;
    let done = 0;
    const history = fc.commands(steps, { maxCommands: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(history, async (commands) => {
        if (Date.now() > deadline) return;
        const model = await newModel();
        await fc.asyncModelRun(() => ({ model, real }), commands);
        for (const bucket of model.buckets) {
          await expectAll(bucket, real);
          await removeAll(bucket, real);
        }
        done++;
      }),
      { numRuns: runs, seed },
    );
    console.log(`${done} histories (seed ${seed})`);
    expect(done).toBeGreaterThan(0);
    await expect.poll(() => audit(store.dataDir)).toEqual([]); // files are removed in the background
  },
  limitMs + 60_000,
);
