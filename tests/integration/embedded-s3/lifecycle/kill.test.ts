import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, expect, it } from "vitest";
import { silentLogger } from "@/lib/embedded/s3/store/logger";
import { openStore } from "@/lib/embedded/s3/store/store";
import { StoreProcess } from "../durability/store-process";
import { raw, root } from "../harness";
import { fillBucket } from "./filled-store";

const keys = Array.from({ length: 3_000 }, (_, i) => String(i).padStart(5, "0"));
const rules =
  "<Rule><Filter/><Status>Enabled</Status><Expiration><Date>2020-01-01T00:00:00Z</Date></Expiration></Rule>";
const dataDir = await mkdtemp(join(tmpdir(), "embedded-s3-killed-run-"));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const counts: number[] = [];

function presigned(endpoint: string, Key: string): Promise<string> {
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: root });
  return getSignedUrl(client, new GetObjectCommand({ Bucket: "versioned", Key }));
}

/** How many keys have so many versions and delete markers: `1+1` are those that have expired, once. */
async function histories(): Promise<Map<string, number>> {
  const store = await openStore(dataDir, { logger: silentLogger });
  const bucket = store.buckets.find("versioned");
  if (!bucket) throw new Error("The bucket is lost.");
  const query = { prefix: "", delimiter: "", after: "", afterOrder: undefined, limit: Number.POSITIVE_INFINITY };
  const { entries } = store.objects.listVersions(bucket, query);
  await store.close();
  const byKey = new Map<string, { versions: number; markers: number }>();
  for (const { key, record } of entries) {
    const one = byKey.get(key) ?? { versions: 0, markers: 0 };
    byKey.set(key, one);
    one[record.isDeleteMarker ? "markers" : "versions"]++;
  }
  const counts = new Map<string, number>();
  for (const { versions, markers } of byKey.values()) {
    const shape = `${versions}+${markers}`;
    counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  return counts;
}

it("later runs complete one that was killed, and nothing is done twice", async () => {
  await fillBucket(dataDir, "versioned", keys, { rules, versioning: "Enabled" });
  for (const { key, signal } of [
    { key: keys[500], signal: "SIGKILL" },
    { key: keys[1500], signal: "SIGKILL" },
    { key: keys.at(-1), signal: "SIGTERM" },
  ] as const) {
    const running = new StoreProcess();
    const url = await presigned(await running.start(dataDir), key ?? ""); // and a run begins
    await expect.poll(async () => (await raw("GET", url)).status, { interval: 1 }).toBe(404);
    await running.kill(signal);
    expect(running.complaints).toBe("");
    const now = await histories();
    expect([...now.keys()].filter((shape) => shape !== "1+0" && shape !== "1+1")).toEqual([]);
    counts.push(now.get("1+1") ?? 0);
  }
  const [first = 0, second = 0, last = 0] = counts;
  expect(first).toBeLessThan(second);
  expect(second).toBeLessThan(last);
  expect(last).toBe(keys.length);
});
