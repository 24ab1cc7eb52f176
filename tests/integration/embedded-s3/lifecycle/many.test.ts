import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, expect, it } from "vitest";
import { raw, startStore, type TestStore } from "../harness";
import { fillBucket } from "./filled-store";
import { aged } from "./lifecycle-bucket";

const COUNT = 5_000;
/** Requests answered during a run: hundreds are seen; if all objects were deleted at once it would be a handful. */
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
  await expect.poll(isGone, { interval: 1 }).toBe(true);
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
  let answered = 0;
  const reads = (async () => {
    while (!isDone) {
      expect((await raw("GET", url)).text).toBe("a");
      answered++;
    }
  })();
  const outcome = await store.runLifecycle(aged(1));
  isDone = true;
  await reads;
  expect(outcome).toMatchObject({ deleteMarkersMade: COUNT, isComplete: true });
  expect([await left("plain"), await left("versioned")]).toEqual([1, 0]);
  expect(answered).toBeGreaterThan(LEAST_ANSWERED);
});
