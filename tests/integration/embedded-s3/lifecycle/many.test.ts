import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import * as sdk from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, expect, it } from "vitest";
import { raw, startStore, type TestStore } from "../harness";
import { fillBucket } from "./filled-store";
import { aged } from "./lifecycle-bucket";

const COUNT = 5_000;
/** Tens of milliseconds are seen on an idle machine, ten times as much on a very busy one. */
const LONGEST_STALL_MS = 1000;
/** Hundreds are seen; if all went at once it would be a handful. */
const LEAST_ANSWERED = 50;
const keys = Array.from({ length: COUNT }, (_, i) => `gone/${String(i).padStart(6, "0")}`);
const rules =
  "<Rule><Filter><Prefix>gone/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>";
let dataDir: string;
let store: TestStore;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "embedded-s3-many-"));
  await fillBucket(dataDir, "plain", [...keys, "stays"], { rules });
  await fillBucket(dataDir, "versioned", keys, { rules, versioning: "Enabled" });
  store = await startStore(dataDir);
});
afterAll(async () => {
  await store.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const left = async (Bucket: string) => {
  let count = 0;
  for await (const { KeyCount = 0 } of sdk.paginateListObjectsV2({ client: store.s3 }, { Bucket })) count += KeyCount;
  return count;
};

it("a run is cut short by a stop, and the next one does the rest", async () => {
  const run = store.runLifecycle(aged(1));
  const first = { Bucket: "plain", Key: keys[0] ?? "" };
  const isGone = () =>
    store.s3.send(new sdk.HeadObjectCommand(first)).then(
      () => false,
      () => true,
    );
  await expect.poll(isGone, { interval: 1, timeout: 10_000 }).toBe(true);
  await store.stopKeeping();
  const before = await run;
  expect(before).toMatchObject({ isComplete: false });
  expect(before.objectsDeleted).toBeGreaterThan(0);
  expect(before.objectsDeleted).toBeLessThan(COUNT);
  store = await startStore(dataDir);
  expect(await left("plain")).toBe(COUNT + 1 - before.objectsDeleted);
});

it(`requests are answered while ${COUNT} objects expire`, async () => {
  const url = await getSignedUrl(store.s3, new sdk.GetObjectCommand({ Bucket: "plain", Key: "stays" }));
  let isDone = false;
  const answered: number[] = [];
  const reads = (async () => {
    while (!isDone) {
      const startedAt = performance.now();
      expect((await raw("GET", url)).text).toBe("a");
      answered.push(performance.now() - startedAt);
    }
  })();
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();
  const startedAt = performance.now();
  const outcome = await store.runLifecycle(aged(1));
  const seconds = (performance.now() - startedAt) / 1000;
  stalls.disable();
  isDone = true;
  await reads;
  const longestMs = stalls.max / 1e6;
  console.log(
    `${outcome.objectsDeleted + outcome.deleteMarkersMade} objects in ${seconds.toFixed(1)} s; longest stall ${longestMs.toFixed(0)} ms, ` +
      `${answered.length} requests meanwhile, the slowest ${Math.max(...answered).toFixed(0)} ms`,
  );
  expect(outcome).toMatchObject({ deleteMarkersMade: COUNT, isComplete: true });
  expect([await left("plain"), await left("versioned")]).toEqual([1, 0]);
  expect(longestMs).toBeLessThan(LONGEST_STALL_MS);
  expect(answered.length).toBeGreaterThan(LEAST_ANSWERED);
});
