import { describe, expect, it } from "vitest";
import { lifetimeMs } from "@/lib/uploader/state/policy-clock";
import { uploading } from "../../world/post-world";
import { newFile, policyOf, uploadId, World } from "../../world/world";

const expired = {
  kind: "answer",
  status: 403,
  code: "AccessDenied",
  message: "Invalid according to Policy: Policy expired.",
  retryAfterSeconds: null,
} as const;

const silent = { ...expired, code: null, message: null };

describe("a policy's life", () => {
  it("is the time between the server's own two dates, whatever the clock here says", () => {
    const farOff = policyOf(900, Date.UTC(1999, 0, 1));
    expect(lifetimeMs(farOff)).toBe(900_000);
    expect(lifetimeMs({ ...farOff, fields: {} })).toBe(900_000);
    const world = new World();
    world.at = 5e12;
    world.add(newFile("a"));
    world.open(farOff);
    expect(world.take("timer")).toMatchObject([
      { timer: "policy:due", delayMs: 720_000 },
      { timer: "policy:expired", delayMs: 900_000 },
    ]);
    expect(world.take("post")).toHaveLength(1);
  });

  it("counts from the moment of the call", () => {
    const world = new World();
    world.add(newFile("a"));
    const requestedAt = world.at;
    world.at += 10_000;
    world.take("open");
    const upload = { id: uploadId, state: "open", prefix: "p/", policy: policyOf(), expiresAt: "" } as const;
    world.send({ type: "opened", upload, requestedAt });
    expect(world.take("timer").at(-1)).toMatchObject({ timer: "policy:expired", delayMs: 890_000 });
  });

  it("is renewed before its end while the old one is still used", () => {
    const world = uploading(10);
    world.send({ type: "timerFired", timer: "policy:due" });
    expect(world.take("renew")).toEqual([{ type: "renew", uploadId }]);
    const posts = world.take("post");
    for (const post of posts) world.deliver(post);
    expect(world.take("post")[0]?.generation).toBe(1);
    world.send({ type: "timerFired", timer: "policy:expired" });
    expect(world.take("renew")).toEqual([]);
    world.send({ type: "renewed", policy: policyOf(), requestedAt: world.at });
    expect(world.state.policy).toMatchObject({ generation: 2, renewDue: false, expired: false });
  });

  it("is not renewed while nothing is left to send, but as soon as something is", () => {
    const world = uploading(1);
    const [post] = world.take("post");
    if (!post) throw new Error("nothing was posted");
    const { fileId, run, generation } = post;
    world.send({ type: "postFailed", fileId, run, generation, failure: { ...expired, code: "EntityTooLarge" } });
    world.send({ type: "timerFired", timer: "policy:expired" });
    expect(world.take("renew")).toEqual([]);
    world.send({ type: "failedRetried" });
    expect(world.take("renew")).toHaveLength(1);
    expect(world.take("post")).toEqual([]);
    world.send({ type: "renewed", policy: policyOf(), requestedAt: world.at });
    expect(world.take("post")).toHaveLength(1);
  });
});

it("a policy is not renewed for files that wait for the person, but as soon as they continue", () => {
  const world = uploading(1);
  world.send({ type: "filePaused", fileId: 0 });
  world.take("post");
  world.send({ type: "timerFired", timer: "policy:expired" });
  expect(world.take("renew")).toEqual([]);
  world.send({ type: "fileResumed", fileId: 0 });
  expect(world.take("renew")).toHaveLength(1);
});

describe("a policy the storage does not take", () => {
  it("is renewed once for all files that were on their way, and they are sent again", () => {
    const world = uploading(10);
    const posts = world.take("post");
    for (const { fileId, run, generation } of posts)
      world.send({ type: "postFailed", fileId, run, generation, failure: expired });
    expect(world.take("renew")).toHaveLength(1);
    expect(world.state.counts).toMatchObject({ failed: 0, ready: 10 });
    world.send({ type: "renewed", policy: policyOf(), requestedAt: world.at });
    expect(world.take("post")).toHaveLength(6);
  });

  it("is known by the clock where the storage does not say why it denies", () => {
    const world = uploading(1);
    const [post] = world.take("post");
    world.send({ type: "timerFired", timer: "policy:expired" });
    world.send({ type: "postFailed", fileId: 0, run: post?.run ?? 0, generation: 1, failure: silent });
    expect(world.file(0).state).toBe("ready");
  });

  it("may have ended while the machine slept: denied without a reason it is renewed once, and files are not refused", () => {
    const world = uploading(10);
    for (const { fileId, run, generation } of world.take("post"))
      world.send({ type: "postFailed", fileId, run, generation, failure: silent });
    expect(world.take("renew")).toHaveLength(1);
    expect(world.state.counts).toMatchObject({ failed: 0, ready: 10 });
    world.send({ type: "renewed", policy: policyOf(), requestedAt: world.at });
    const [first, ...rest] = world.take("post");
    for (const post of rest) world.deliver(post);
    // With a fresh one it is about the file.
    if (first) world.send({ ...first, type: "postFailed", failure: silent });
    expect(world.file(first?.fileId ?? 0)).toMatchObject({ state: "failed", failure: { code: "access-denied" } });
    expect(world.take("renew")).toEqual([]);
    // It sleeps again later.
    world.at += 120_000;
    const [next] = world.take("post");
    if (next) world.send({ ...next, type: "postFailed", failure: silent });
    expect(world.take("renew")).toHaveLength(1);
    expect(world.state.counts.failed).toBe(1);
  });

  it("halts when a new one is not taken either: for a forged one, and where clocks differ", () => {
    for (const [failure, code] of [
      [expired, "policy-expired"],
      [{ ...expired, code: "SignatureDoesNotMatch" }, "policy-refused"],
    ] as const) {
      const world = uploading(10);
      for (const round of [1, 2]) {
        for (const { fileId, run, generation } of world.take("post"))
          world.send({ type: "postFailed", fileId, run, generation, failure });
        if (round === 1) world.send({ type: "renewed", policy: policyOf(), requestedAt: world.at });
      }
      expect(world.state.halted?.code).toBe(code);
      expect(world.state.counts).toMatchObject({ failed: 0, ready: 10 });
      world.take("renew");
      world.send({ type: "triedAgain" });
      expect(world.take("renew")).toHaveLength(1);
    }
  });

  it("halts when twenty files in a row are denied", () => {
    const world = uploading(100);
    const denied = { ...expired, message: "Access Denied" };
    while (!world.state.halted)
      for (const { fileId, run, generation } of world.take("post").slice(0, 100))
        world.send({ type: "postFailed", fileId, run, generation, failure: denied });
    expect(world.state.counts.failed).toBeLessThan(30);
    expect(world.state.halted.code).toBe("access-denied");
    world.send({ type: "triedAgain" });
    expect(world.take("renew")).toHaveLength(1);
  });
});

describe("a renewal that fails", () => {
  const why = { code: "NETWORK", message: null, retryAfterSeconds: null } as const;

  it("is repeated, with the old policy in use until it expires", () => {
    const world = uploading(10);
    world.send({ type: "timerFired", timer: "policy:due" });
    world.take("timer");
    world.send({ type: "callFailed", call: "renew", failure: why });
    expect(world.take("timer")).toMatchObject([{ timer: "call:renew" }]);
    for (const post of world.take("post")) world.deliver(post);
    expect(world.take("post")).toHaveLength(4);
    world.take("renew");
    world.send({ type: "timerFired", timer: "call:renew" });
    expect(world.take("renew")).toHaveLength(1);
  });

  it("halts with the reason when the upload is closed, files kept", () => {
    const world = uploading(10);
    world.send({ type: "timerFired", timer: "policy:due" });
    const message = "This upload was discarded. Start a new upload.";
    world.send({ type: "callFailed", call: "renew", failure: { ...why, code: "CONFLICT", message } });
    expect(world.state).toMatchObject({ halted: { code: "closed", detail: message }, counts: { failed: 0 } });
  });

  it.each(["triedAgain", "wentOnline"] as const)("and whose time came in a halt is made after %s", (event) => {
    for (const fires of [true, false]) {
      const world = uploading(10);
      world.send({ type: "timerFired", timer: "policy:due" });
      world.send({ type: "callFailed", call: "renew", failure: { ...why, retryAfterSeconds: 3_600 } });
      haltUnreachable(world);
      world.send({ type: "timerFired", timer: "policy:expired" });
      world.take("renew");
      if (fires) world.send({ type: "timerFired", timer: "call:renew" });
      expect(world.take("renew")).toEqual([]);
      world.send({ type: event });
      expect(world.take("renew")).toHaveLength(1);
      world.send({ type: "renewed", policy: policyOf(), requestedAt: world.at });
      expect(world.take("post").length).toBeGreaterThan(0);
    }
  });

  it("keeps its timer where the network comes back in a halt that this does not end", () => {
    const world = uploading(10);
    world.send({ type: "timerFired", timer: "policy:due" });
    world.send({ type: "callFailed", call: "renew", failure: why });
    const [post] = world.take("post");
    if (post) world.send({ ...post, type: "postFailed", failure: { ...expired, code: "NoSuchBucket" } });
    world.effects = [];
    world.send({ type: "wentOnline" });
    expect(world.state.halted?.code).toBe("no-bucket");
    expect(world.effects).toEqual([]);
  });

  it("is let be in a halt that ends with nothing left to send, and made once something comes", () => {
    const world = uploading(2);
    const [first, second] = world.take("post");
    if (!first || !second) throw new Error("nothing was posted");
    world.send({ type: "timerFired", timer: "policy:expired" });
    world.send({ type: "callFailed", call: "renew", failure: why });
    world.send({ ...second, type: "postFailed", failure: { ...expired, code: "NoSuchBucket" } });
    world.take("renew");
    world.send({ type: "timerFired", timer: "call:renew" });
    world.deliver(first);
    world.send({ type: "walkStarted" });
    world.send({ type: "fileCanceled", fileId: 1 });
    expect(world.state).toMatchObject({ phase: "uploading", halted: { code: "no-bucket" } });
    world.send({ type: "triedAgain" });
    expect(world.state.renewing).toBe(false);
    world.send({ type: "filesAdded", files: [newFile("more")], system: 0, twice: 0 });
    expect(world.take("renew")).toHaveLength(1);
  });
});

/** The storage is unreachable for longer than the upload waits. */
function haltUnreachable(world: World): void {
  while (!world.state.halted) {
    for (const { fileId, run, generation } of world.take("post"))
      world.send({ type: "postFailed", fileId, run, generation, failure: { kind: "network" } });
    world.at += 120_000;
    if (!world.state.halted && world.state.outage) world.send({ type: "timerFired", timer: "probe" });
  }
}
