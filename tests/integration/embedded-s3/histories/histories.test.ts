import fc from "fast-check";
import { afterAll, beforeAll, it } from "vitest";
import { formNumber } from "@/tests/support/forms.mjs";
import { expectSound } from "../durability/audit";
import { Caller } from "../durability/caller";
import { startStore, type TestStore } from "../harness";
import { seed } from "../seed";
import { Real } from "./command";
import { expectAll, listCommands } from "./list-commands";
import { BucketModel, type Model } from "./model";
import { objectCommands } from "./object-commands";
import { uploadCommands } from "./upload-commands";
import { removeAll, versionCommands } from "./version-commands";

/** `ATOLL_TEST_HISTORIES=2000 npx vitest run --project integration tests/integration/embedded-s3/histories` */
const runs = formNumber("ATOLL_TEST_HISTORIES");

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
  `${runs} random histories of two buckets follow S3's rules (ATOLL_TEST_SEED=${seed})`,
  async () => {
    const real = new Real(caller);
    const steps = [...objectCommands, ...versionCommands, ...uploadCommands, ...listCommands];
    const history = fc.commands(steps, { maxCommands: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(history, async (commands) => {
        const model = await newModel();
        await fc.asyncModelRun(() => ({ model, real }), commands);
        for (const bucket of model.buckets) {
          await expectAll(bucket, real);
          await removeAll(bucket, real);
        }
      }),
      { numRuns: runs, seed },
    );
    await expectSound(store.dataDir);
  },
  60_000 + runs * 4_000,
);
