import { describe, expect, it } from "vitest";
import { type Files, opened, registerAll } from "../../world/register-world";
import { callFailure } from "../../world/samples";
import { answerOf, newFile, World } from "../../world/world";

describe("registering files", () => {
  it("begins with short calls, continues with a thousand at a time, two calls at once, each in the order of paths", () => {
    const world = opened(2_500);
    const first = world.take("files");
    expect(first.map(({ files }) => files.length)).toEqual([16, 128]);
    for (const { files } of first) {
      const paths = files.map(({ path }) => path);
      expect(paths).toEqual([...paths].sort());
    }
    expect(world.take("post")).toEqual([]);
    world.register(first[0] as Files);
    expect(world.take("post")).toHaveLength(6);
    expect(world.take("files").map(({ files }) => files.length)).toEqual([1_000]);
    expect(world.state.counts).toMatchObject({ ready: 10, posting: 6, registering: 1_128, queued: 1_356 });
  });

  it("sends size, type and time, and sends in the order in which the files are listed", () => {
    const world = opened(3);
    const [batch] = world.take("files");
    expect(batch?.files[0]).toEqual({ path: "f1", size: 100, type: "image/jpeg", modifiedAt: 1 });
    world.register(batch as Files);
    expect(world.take("post").map(({ fileId }) => fileId)).toEqual([0, 1, 2]);
  });

  it("opens and continues while folders are still being read, without planned numbers", () => {
    const world = new World();
    world.send({ type: "walkStarted" });
    world.send({ type: "filesAdded", files: [newFile("a")], system: 0, twice: 0 });
    expect(world.take("open")).toEqual([]);
    world.at += 1_000;
    world.send({ type: "filesAdded", files: [newFile("b")], system: 0, twice: 0 });
    expect(world.take("open")).toEqual([{ type: "open", request: {} }]);
    world.open();
    for (const post of world.take("post")) world.deliver(post);
    expect(world.state).toMatchObject({ phase: "uploading", counts: { done: 2 } });
    world.send({ type: "filesAdded", files: [newFile("c")], system: 0, twice: 0 });
    expect(world.take("post")).toHaveLength(1);
  });

  it("is retried while the failure is transient, and otherwise halts with every file kept", () => {
    const world = opened(144);
    const [first, second] = world.take("files");
    world.take("timer");
    world.send({ type: "filesFailed", batch: first?.batch ?? 0, failure: callFailure("NETWORK") });
    expect(world.take("timer")).toMatchObject([{ timer: `batch:${first?.batch}` }]);
    world.send({ type: "timerFired", timer: `batch:${first?.batch ?? 0}` });
    expect(world.take("files")).toEqual([first]);
    world.send({ type: "filesFailed", batch: second?.batch ?? 0, failure: callFailure("UNAUTHENTICATED") });
    expect(world.state).toMatchObject({ halted: { code: "signed-out" }, counts: { queued: 128, registering: 16 } });
    world.send({ type: "triedAgain" });
    expect(world.take("files").map(({ files }) => files.length)).toEqual([128]);
  });

  it("is made up for after a halt, if its time came meanwhile", () => {
    const world = opened(144);
    const [first, second] = world.take("files");
    const [one, other] = [first?.batch ?? 0, second?.batch ?? 0];
    world.send({ type: "filesFailed", batch: one, failure: callFailure("NETWORK") });
    world.send({ type: "filesFailed", batch: other, failure: callFailure("UNAUTHENTICATED") });
    world.send({ type: "timerFired", timer: `batch:${one}` });
    expect(world.take("files")).toEqual([]);
    world.send({ type: "triedAgain" });
    expect(world.take("files").map(({ files }) => files.length)).toEqual([16, 128]);
  });

  it("takes answers in slices, and sends what is answered meanwhile", () => {
    const world = opened(16);
    const [batch] = world.take("files");
    const files = (batch?.files ?? []).map((file) => answerOf(file));
    const about = { batch: batch?.batch ?? 0, inAll: 16 };
    world.send({ type: "filesAnswered", ...about, files: files.slice(0, 10), from: 0 });
    expect(world.state.counts).toMatchObject({ posting: 6, ready: 4, registering: 6 });
    world.send({ type: "filesAnswered", ...about, files: files.slice(10), from: 10 });
    expect(world.state).toMatchObject({ batches: {}, counts: { posting: 6, ready: 10, registering: 0 } });
  });

  it("does not take an answer of another length for one", () => {
    const world = opened(2);
    const [batch] = world.take("files");
    world.send({ type: "filesAnswered", batch: batch?.batch ?? 0, files: [{ path: "f1", status: "post" }] });
    expect(world.state.counts).toMatchObject({ registering: 2, posting: 0 });
    expect(world.take("timer").at(-1)?.timer).toBe(`batch:${batch?.batch}`);
  });
});

describe("a quota", () => {
  it("fails the files that do not fit by themselves, with the site's message, and sends the others", () => {
    const world = opened(64, (index) => (index === 13 || index === 50 ? 5_000 : 10));
    registerAll(world, 1_000);
    expect(world.state.counts).toMatchObject({ failed: 2, registering: 0 });
    expect(world.failure(13)).toEqual({ code: "quota", detail: "No room." });
    expect(world.state.counts.ready + world.state.counts.posting).toBe(62);
  });

  it("costs few calls for many files that do not fit: a file as large as a rejected one is not registered", () => {
    const world = opened(20_000, () => 5_000);
    const calls = registerAll(world, 1_000);
    expect(world.state.counts.failed).toBe(20_000);
    expect(calls).toBeLessThan(2_500);
    world.send({ type: "failedRetried" });
    expect(registerAll(world, Number.POSITIVE_INFINITY)).toBeGreaterThan(1);
    expect(world.state.counts).toMatchObject({ failed: 0, posting: 6 });
  });

  it("halts where the site rejects one file after the other, and continues when the person says so", () => {
    const world = opened(2_000);
    let calls = 0;
    for (let batches = world.take("files"); batches.length > 0; batches = world.take("files"))
      for (const { batch } of batches) {
        calls += 1;
        world.send({ type: "filesFailed", batch, failure: callFailure("INVALID", "Not these.") });
      }
    // The twentieth halts it, and one more call was in flight.
    expect(world.state).toMatchObject({ halted: { code: "site-refused" }, counts: { failed: 21 } });
    expect(calls).toBeLessThan(200);
    world.send({ type: "triedAgain" });
    registerAll(world, Number.POSITIVE_INFINITY);
    expect(world.state.counts).toMatchObject({ failed: 21, queued: 0, registering: 0 });
  });

  it("fails a single file that the site rejects", () => {
    const world = opened(3);
    for (let batches = world.take("files"); batches.length > 0; batches = world.take("files"))
      for (const batch of batches)
        if (batch.files.some(({ path }) => path === "f2"))
          world.send({ type: "filesFailed", batch: batch.batch, failure: callFailure("INVALID", "Not this.") });
        else world.register(batch);
    expect(world.file(1)).toMatchObject({ state: "failed", failure: { code: "site-refused", detail: "Not this." } });
    expect(world.state.counts.posting).toBe(2);
  });
});
