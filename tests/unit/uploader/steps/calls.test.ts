import { describe, expect, it } from "vitest";
import { uploading } from "../world/post-world";
import { callFailure } from "../world/samples";
import { newFile, statusOf, World } from "../world/world";

describe("calls to the site", () => {
  it("are retried while the failure is transient, and halt with the reason when it is not", () => {
    const world = new World();
    world.add(newFile("a"));
    const why = { code: "UNAVAILABLE", message: "x", retryAfterSeconds: 5 } as const;
    world.send({ type: "callFailed", call: "open", failure: why });
    const [timer] = world.take("timer");
    expect(timer).toMatchObject({ timer: "call:open" });
    expect(timer?.delayMs).toBeGreaterThanOrEqual(5_000);
    world.take("open");
    world.send({ type: "timerFired", timer: "call:open" });
    expect(world.take("open")).toHaveLength(1);
    world.send({ type: "callFailed", call: "open", failure: { ...why, code: "UNAUTHENTICATED" } });
    expect(world.state.halted?.code).toBe("signed-out");
    world.send({ type: "triedAgain" });
    expect(world.take("open")).toHaveLength(1);
  });

  it("are not made again where that cannot help, whoever asks", () => {
    const world = uploading(1);
    world.send({ type: "timerFired", timer: "policy:due" });
    expect(world.take("renew")).toHaveLength(1);
    world.send({ type: "callFailed", call: "renew", failure: callFailure("NOT_FOUND") });
    expect(world.state.halted).toMatchObject({ code: "gone" });
    world.send({ type: "triedAgain" });
    expect(world.state.halted).toMatchObject({ code: "gone" });
    expect(world.take("renew")).toEqual([]);
  });

  it("that open an upload can be tried again when the site opens none now: none of it has ended", () => {
    const world = new World();
    world.add(newFile("a"));
    world.take("open");
    const failure = { code: "CONFLICT", message: "You have 100 open uploads.", retryAfterSeconds: null } as const;
    world.send({ type: "callFailed", call: "open", failure });
    expect(world.state.halted).toEqual({ code: "not-opened", detail: "You have 100 open uploads." });
    world.send({ type: "triedAgain" });
    expect(world.take("open")).toHaveLength(1);
  });

  it("are made once at a time, however often the network comes and goes", () => {
    const world = new World();
    world.add(newFile("a"));
    world.take("open");
    world.send({
      type: "callFailed",
      call: "open",
      failure: { code: "NETWORK", message: null, retryAfterSeconds: null },
    });
    for (let times = 0; times < 3; times += 1) world.send({ type: "wentOnline" });
    expect(world.take("open")).toHaveLength(1);
  });

  it("leave a slow check to the server, and say so", () => {
    const world = uploading(1);
    for (const post of world.take("post")) world.deliver(post);
    world.send({ type: "sealed" });
    world.at += 16 * 60_000;
    world.send({ type: "statusRead", status: statusOf("sealed") });
    expect(world.state).toMatchObject({ phase: "verifying", halted: { code: "slow-check" } });
    world.send({ type: "triedAgain" });
    world.send({ type: "statusRead", status: statusOf("verified") });
    expect(world.state).toMatchObject({ phase: "done", halted: null });
  });

  it("poll the previews for a while after the end, as they show which file is no picture", () => {
    const world = uploading(1);
    for (const post of world.take("post")) world.deliver(post);
    world.send({ type: "sealed" });
    world.take("timer");
    const files = { total: 1, verified: 1, rejected: 0, pending: 1 };
    world.send({ type: "statusRead", status: statusOf("verified", files) });
    expect(world.state.phase).toBe("done");
    expect(world.take("timer")).toMatchObject([{ timer: "call:status" }]);
    world.send({ type: "statusRead", status: statusOf("verified", { ...files, pending: 0 }) });
    expect(world.take("timer")).toEqual([]);
  });
});
