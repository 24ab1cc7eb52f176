import { join } from "node:path";
import * as sdk from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ANSWER_TIMEOUT_MS } from "@/lib/embedded/s3/notifications/post";
import { Database } from "@/lib/embedded/s3/store/database/database";
import { DiskSpace } from "@/lib/embedded/s3/store/disk/space";
import { TestBucket } from "../conformance/fixture";
import { everything, restart, startReceiver, startScene } from "./fixture";
import { configure, makeTopic, pending, sns } from "./topics";

/** A logger and its messages. */
function journal() {
  const lines: [message: string, fields: object][] = [];
  const note = (fields: object, message: string) => lines.push([message, fields]);
  return { lines, logger: { info: note, warn: note, error: note } };
}

const putAll = async (media: TestBucket, keys: readonly string[]) => {
  for (const key of keys) await media.put(key, "x");
};

afterEach(() => {
  vi.useRealTimers();
});

describe("delivery", () => {
  it("retries, in order, while the receiver rejects", async () => {
    const { lines, logger } = journal();
    const { media, receiver, store, topic } = await startScene({ logger });
    receiver.answer = ({ s3 }) => (s3.object.key === "b" && receiver.tried.length < 4 ? 500 : 200);
    await putAll(media, ["a", "b", "c"]);
    await expect.poll(() => receiver.keys).toEqual(["a", "b", "c"]);
    expect(receiver.tried.map(({ s3 }) => s3.object.key)).toEqual(["a", "b", "b", "b", "c"]);
    await expect.poll(() => pending(store.endpoint, topic)).toBe(0);
    expect(lines.map(([message]) => message)).toEqual([
      "events of a topic are not delivered; retrying",
      "events of a topic are delivered again",
    ]);
  });

  it("retries while there is no receiver, and does not follow redirects", async () => {
    const { media, receiver, store, topic } = await startScene();
    const { port } = receiver;
    receiver.answer = () => 307;
    await media.put("a", "x");
    await expect.poll(() => receiver.tried).not.toHaveLength(0);
    await receiver.stop();
    await media.put("b", "x");
    expect(await pending(store.endpoint, topic)).toBe(2);
    const again = await startReceiver(port);
    await expect.poll(() => again.keys).toEqual(["a", "b"]);
  });

  it("delays neither writes nor other topics while an answer is missing, and retries", async () => {
    const { media, receiver, store } = await startScene();
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    receiver.answer = () => (receiver.tried.length > 1 ? 200 : "none");
    const other = new TestBucket(store, "other");
    await other.send(sdk.CreateBucketCommand, {});
    const others = await startReceiver();
    const TopicArn = await makeTopic(store.endpoint, "other", others.url);
    await configure(other, [{ TopicArn, Events: everything }]);
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await putAll(media, keys);
    await putAll(other, ["x"]);
    await expect.poll(() => others.keys).toEqual(["x"]);
    expect(receiver.taken).toEqual([]); // all of that happened while the first one waits for its answer
    vi.advanceTimersByTime(ANSWER_TIMEOUT_MS);
    await expect.poll(() => receiver.keys).toEqual(keys);
    expect(receiver.tried.length).toBe(keys.length + 1);
  });

  it("stops at once with the store, and resumes with the next start", async () => {
    const scene = await startScene();
    const { media, receiver } = scene;
    vi.useFakeTimers({ toFake: ["setTimeout"] }); // the time limit of an answer is never reached
    receiver.answer = ({ s3 }) => (s3.object.key === "a" ? 200 : "none");
    await putAll(media, ["a", "b", "c"]);
    await expect.poll(() => receiver.tried).toHaveLength(2);
    receiver.answer = () => 200;
    const again = await restart(scene);
    await expect.poll(() => receiver.keys).toEqual(["a", "b", "c"]);
    await expect.poll(() => pending(again.endpoint, scene.topic)).toBe(0);
    const sequencers = receiver.taken.map(({ s3 }) => s3.object.sequencer ?? "");
    expect(sequencers).toEqual([...sequencers].sort());
    await new TestBucket(again, "media").put("d", "x");
    await expect.poll(() => receiver.keys).toEqual(["a", "b", "c", "d"]);
    expect(receiver.taken[3]?.s3.object.sequencer?.localeCompare(sequencers[2] ?? "")).toBe(1);
  });

  it("keeps the newest when too many are undelivered, and logs it", async () => {
    const { lines, logger } = journal();
    const { media, receiver, store, topic } = await startScene({ logger, maxPendingEvents: 5 });
    receiver.answer = () => 503;
    await putAll(media, ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"]);
    expect(await pending(store.endpoint, topic)).toBe(5);
    receiver.answer = () => 200;
    await expect.poll(() => receiver.keys.includes("k8")).toBe(true);
    await expect.poll(() => pending(store.endpoint, topic)).toBe(0);
    expect(receiver.keys).toEqual(["k4", "k5", "k6", "k7", "k8"]);
    const given = lines.filter(([message]) => message.startsWith("events were dropped"));
    expect(given.reduce((sum, [, fields]) => sum + (fields as { dropped: number }).dropped, 0)).toBe(3);
  });

  it("drops events after a day", async () => {
    const { lines, logger } = journal();
    const scene = await startScene({ logger });
    const { media, receiver, store } = scene;
    receiver.answer = () => 503;
    await putAll(media, ["old-1", "old-2", "new"]);
    await store.stopKeeping();
    const database = new Database(join(store.dataDir, "meta"), new DiskSpace(store.dataDir));
    const rows = [...database.outbox.getRange({})];
    for (const { key, value } of rows.slice(0, 2))
      await database.outbox.put(key, { ...value, queuedAt: Date.now() - 24 * 3600_000 - 1 });
    await database.close();
    receiver.answer = () => 200;
    const again = await restart(scene, { logger });
    await expect.poll(() => receiver.keys).toEqual(["new"]);
    await expect.poll(() => pending(again.endpoint, scene.topic)).toBe(0);
    expect(lines).toContainEqual([
      "events were dropped: too many, or undelivered for a day",
      { topic: scene.topic, dropped: 2 },
    ]);
  });

  it("drops the events of a deleted topic, and follows a changed endpoint", async () => {
    const { media, receiver, store, topic } = await startScene();
    receiver.answer = () => 503;
    await putAll(media, ["a", "b"]);
    await expect.poll(() => receiver.tried).not.toHaveLength(0);
    await sns(store.endpoint, "DeleteTopic", { TopicArn: topic });
    await media.put("dropped", "x");
    receiver.answer = () => 200;
    await makeTopic(store.endpoint, "media", receiver.url);
    await media.put("c", "x");
    await expect.poll(() => receiver.keys).toEqual(["c"]);
    const other = await startReceiver();
    await makeTopic(store.endpoint, "media", other.url);
    await media.put("d", "x");
    await expect.poll(() => other.keys).toEqual(["d"]);
    expect(receiver.keys).toEqual(["c"]);
  });

  it("begins with the configuration of a topic of another account", async () => {
    const name = "arn:aws:sns:eu-west-1:123456789012:theirs";
    const scene = await startScene();
    await configure(scene.media, [{ TopicArn: name, Events: everything }]);
    await scene.media.put("before", "x");
    const again = await restart(scene, { topics: [{ name, endpoint: scene.receiver.url }] });
    await new TestBucket(again, "media").put("after", "x");
    await expect.poll(() => scene.receiver.keys).toEqual(["after"]);
  });

  it("empties a long queue", async () => {
    const { media, receiver, store, topic } = await startScene();
    const { port } = receiver;
    await receiver.stop();
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => media.put(key, "x")));
    expect(await pending(store.endpoint, topic)).toBe(300);
    const again = await startReceiver(port);
    await expect.poll(() => again.taken.length).toBe(300);
    expect([...again.keys].sort()).toEqual([...keys].sort());
    await expect.poll(() => pending(store.endpoint, topic)).toBe(0);
  });
});
