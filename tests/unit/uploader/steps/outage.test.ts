import { describe, expect, it } from "vitest";
import { failPost, uploading } from "../world/post-world";
import { answer, network } from "../world/samples";

describe("a storage that is unreachable", () => {
  it("makes all files wait together, sends one to see, and resumes where it was", () => {
    const world = uploading(100);
    for (const post of world.take("post")) failPost(world, post, network);
    expect(world.state.outage).toMatchObject({ failures: 1, probing: false });
    // Two more were started before the third failure showed that the files are not the cause.
    const late = world.take("post");
    expect(late).toHaveLength(2);
    for (const post of late) failPost(world, post, network);
    expect(world.take("post")).toEqual([]);
    expect(world.state.outage).toMatchObject({ failures: 1 });
    for (let minute = 0; minute < 10; minute += 1) {
      world.at += 60_000;
      world.send({ type: "timerFired", timer: "probe" });
      const probes = world.take("post");
      expect(probes).toHaveLength(1);
      if (probes[0]) failPost(world, probes[0], network);
    }
    expect(world.state).toMatchObject({ halted: null, counts: { failed: 0 } });
    world.send({ type: "timerFired", timer: "probe" });
    const [probe] = world.take("post");
    if (probe) world.deliver(probe);
    expect(world.state.outage).toBeNull();
    expect(world.take("post").length).toBeGreaterThanOrEqual(5);
  });

  it("halts after a quarter of an hour with every file kept, and resumes when the person or the network says so", () => {
    for (const event of [{ type: "triedAgain" }, { type: "wentOnline" }] as const) {
      const world = uploading(10);
      for (const post of world.take("post")) failPost(world, post, network);
      while (!world.state.halted) {
        world.at += 120_000;
        world.send({ type: "timerFired", timer: "probe" });
        for (const post of world.take("post")) failPost(world, post, network);
        expect(world.at).toBeLessThan(3_600_000);
      }
      expect(world.at).toBeGreaterThan(15 * 60_000);
      expect(world.state.halted.code).toBe("unreachable");
      expect(world.state.counts).toMatchObject({ failed: 0, done: 0 });
      world.send(event);
      expect(world.take("post").length).toBeGreaterThan(0);
      expect(world.state.halted).toBeNull();
    }
  });

  it("waits without end while the browser is offline, trying now and then in case it is wrong", () => {
    const world = uploading(2);
    world.send({ type: "wentOffline" });
    const posts = world.take("post");
    expect(posts).toHaveLength(2);
    for (const post of posts) failPost(world, post, network);
    for (let hour = 0; hour < 5; hour += 1) {
      world.at += 3_600_000;
      world.send({ type: "timerFired", timer: "probe" });
      for (const post of world.take("post")) failPost(world, post, network);
    }
    expect(world.state).toMatchObject({ halted: null, counts: { failed: 0 } });
    world.send({ type: "wentOnline" });
    expect(world.take("post")).toHaveLength(2);
  });

  it("ends with the upload: the last file had arrived, though no answer came", () => {
    const world = uploading(3);
    world.answer = ({ path }) => ({ path, status: "present" });
    for (const post of world.take("post")) failPost(world, post, network);
    for (const { timer } of world.take("timer")) world.send({ type: "timerFired", timer });
    for (const { fileId, run } of world.take("recheck"))
      world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes: 100, lastModified: 1 } });
    expect(world.state).toMatchObject({ phase: "sealing", outage: null, counts: { done: 3 } });
  });

  it("slows down on SlowDown for as long as Retry-After says, and recovers one connection a file", () => {
    const world = uploading(50);
    const [first, ...rest] = world.take("post");
    if (!first) throw new Error("nothing was posted");
    world.take("timer");
    failPost(world, first, answer(503, "SlowDown", "", 7));
    expect(world.limit).toBe(3);
    expect(world.take("timer")[0]?.delayMs).toBeGreaterThanOrEqual(7_000);
    for (const post of rest) world.deliver(post);
    expect(world.limit).toBe(6);
  });
});
