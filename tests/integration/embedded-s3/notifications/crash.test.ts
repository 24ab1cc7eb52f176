import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-s3";
import { afterEach, expect, it } from "vitest";
import { StoreProcess } from "../durability/store-process";
import { root } from "../harness";
import { everything, startReceiver } from "./fixture";
import { makeTopic, pending } from "./topics";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startProcess(dataDir: string): Promise<{ store: StoreProcess; endpoint: string; s3: sdk.S3Client }> {
  const store = new StoreProcess();
  ends.push(() => store.kill());
  const endpoint = await store.start(dataDir);
  const { accessKeyId, secretAccessKey } = root;
  const s3 = new sdk.S3Client({
    ...{ endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId, secretAccessKey },
  });
  ends.push(async () => s3.destroy());
  return { store, endpoint, s3 };
}

it("publishes every acknowledged write, though the store is killed between the write and its delivery", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "embedded-s3-events-"));
  ends.push(() => rm(dataDir, { recursive: true, force: true }));
  const receiver = await startReceiver();
  const Bucket = "media";
  const first = await startProcess(dataDir);
  const TopicArn = await makeTopic(first.endpoint, "media", receiver.url);
  await first.s3.send(new sdk.CreateBucketCommand({ Bucket }));
  const NotificationConfiguration = { TopicConfigurations: [{ TopicArn, Events: everything }] };
  await first.s3.send(new sdk.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
  await first.s3.send(new sdk.PutObjectCommand({ Bucket, Key: "before", Body: "x" }));
  await expect.poll(() => receiver.keys).toEqual(["before"]);

  receiver.answer = () => "none";
  const acknowledged: string[] = [];
  const writing = Array.from({ length: 200 }, async (_, i) => {
    const Key = `k${i}`;
    await first.s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body: "x" }));
    acknowledged.push(Key);
    if (acknowledged.length === 60) first.store.signal("SIGKILL");
  });
  await Promise.allSettled(writing);
  await first.store.exited;
  expect(acknowledged.length).toBeGreaterThanOrEqual(60);
  expect(receiver.keys).toEqual(["before"]);

  receiver.answer = () => 200;
  const second = await startProcess(dataDir);
  await expect.poll(() => pending(second.endpoint, TopicArn)).toBe(0);
  const received = receiver.keys.slice(receiver.keys.lastIndexOf("before") + 1);
  expect(acknowledged.filter((key) => !received.includes(key))).toEqual([]);
  const { Contents = [] } = await second.s3.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: "k" }));
  // Writes that were committed and not acknowledged are published as well, others are not.
  expect([...new Set(received)].sort()).toEqual(Contents.map(({ Key }) => Key).sort());
  expect(second.store.complaints).toBe("");
});
