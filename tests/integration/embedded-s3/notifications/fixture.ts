import * as sdk from "@aws-sdk/client-s3";
import { afterEach } from "vitest";
import type { S3Options } from "@/lib/embedded/s3/server";
import { TestBucket } from "../conformance/fixture";
import { startStore, type TestStore } from "../harness";
import { Receiver } from "./receiver";
import { configure, makeTopic } from "./topics";

/** A store, a bucket that publishes all events, and their receiver; removed after the test. */
export interface Scene {
  readonly store: TestStore;
  readonly media: TestBucket;
  readonly receiver: Receiver;
  readonly topic: string;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

export async function startReceiver(port?: number): Promise<Receiver> {
  const receiver = await Receiver.start(port);
  ends.push(() => receiver.stop());
  return receiver;
}

export const everything: sdk.Event[] = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"];

export async function startScene(options: Partial<S3Options> = {}): Promise<Scene> {
  const receiver = await startReceiver();
  const store = await startStore(undefined, options);
  ends.push(() => store.stop());
  const topic = await makeTopic(store.endpoint, "media", receiver.url);
  const media = new TestBucket(store, "media");
  await media.send(sdk.CreateBucketCommand, {});
  await configure(media, [{ Id: "all", TopicArn: topic, Events: everything }]);
  return { store, media, receiver, topic };
}

/** Stops a scene's store, and starts it again in its folder. */
export async function restart({ store }: Scene, options: Partial<S3Options> = {}): Promise<TestStore> {
  await store.stopKeeping();
  const again = await startStore(store.dataDir, options);
  ends.unshift(() => again.stopKeeping());
  return again;
}
