import { describe, expect, it } from "vitest";
import { smallBytes } from "@/lib/uploader/state/file";
import { failPost, uploading } from "../../world/post-world";
import { answer, network } from "../../world/samples";
import { policyOf, type World } from "../../world/world";

const endpoints = ["http://other.test/bucket"];
const expired = answer(403, "AccessDenied", "Policy expired");

const policy = { ...policyOf(), endpoints };

/** Posts that went out, and those of them that went to the other endpoint. */
function takeAll(world: World) {
  const posts = world.take("post");
  const other = posts.filter(({ policy }) => policy.url === endpoints[0]);
  return { posts, other };
}

function renew(world: World): void {
  world.send({ type: "renewed", policy, requestedAt: world.at });
}

describe("posts, where the storage has another endpoint", () => {
  it("are tried with one connection, and given more while they are about as quick", () => {
    const world = uploading(300, policy);
    let { posts, other } = takeAll(world);
    expect([posts.length, other.length]).toEqual([7, 1]);
    for (let round = 0; round < 6; round += 1) {
      world.at += 100;
      for (const post of posts) world.deliver(post);
      ({ posts, other } = takeAll(world));
    }
    expect([posts.length, other.length]).toEqual([12, 6]);
  });

  it("get no more connections where they are slow", () => {
    const world = uploading(300, policy);
    for (let round = 0; round < 10; round += 1) {
      const { posts, other } = takeAll(world);
      let quick = posts.filter((post) => !other.includes(post));
      for (let times = 0; times < 5; times += 1) {
        world.at += 50;
        for (const post of quick) world.deliver(post);
        quick = takeAll(world).posts;
      }
      for (const post of other) world.deliver(post);
      world.at += 50;
      for (const post of quick) world.deliver(post);
    }
    expect(world.others[0]?.limit).toBeLessThanOrEqual(2);
  });

  it("are dropped after two failures, without a failure of the files or the storage", () => {
    const world = uploading(30, policy);
    for (let round = 0; round < 2; round += 1) {
      const { other } = takeAll(world);
      for (const post of other) failPost(world, post, network);
    }
    expect(world.others).toMatchObject([{ dropped: true, busy: 0 }]);
    expect(world.state).toMatchObject({ outage: null, failuresInRow: 0 });
    expect(world.files().every((file) => !("attempts" in file) || file.attempts.failures === 0)).toBe(true);
    expect(takeAll(world).other).toEqual([]);

    // What was wrong may have been the network: the next policy is a new chance.
    world.at += 900_000;
    world.send({ type: "timerFired", timer: "policy:due" });
    renew(world);
    expect(world.others).toMatchObject([{ dropped: false, failures: 0, limit: 1, busy: 1 }]);
  });

  it("are not blamed for an expired policy, nor for a broken network", () => {
    for (const event of [null, { type: "wentOffline" } as const]) {
      const world = uploading(30, policy);
      const { other } = takeAll(world);
      if (event) world.send(event);
      for (const post of other) failPost(world, post, event ? network : expired);
      expect(world.others).toMatchObject([{ dropped: false, failures: 0 }]);
    }
  });

  it("are blamed for refusing a new policy as expired: the first endpoint continues alone", () => {
    const world = uploading(30, policy, smallBytes);
    let renewals = 0;
    for (let round = 0; round < 5; round += 1) {
      for (const post of takeAll(world).other) failPost(world, post, expired);
      if (world.take("renew").length === 0) continue;
      renewals += 1;
      renew(world);
    }
    expect(world.others).toMatchObject([{ dropped: true }]);
    expect(renewals).toBe(1);
    expect(world.state).toMatchObject({ halted: null, counts: { failed: 0 } });
  });

  it("are not sent there again when they failed there once", () => {
    const world = uploading(30, policy, smallBytes);
    const [lost] = takeAll(world).other;
    if (!lost) throw new Error("nothing was sent to the other endpoint");
    failPost(world, lost, network);
    const [second] = takeAll(world).other;
    expect(second?.fileId).not.toBe(lost.fileId);
    expect(world.file(lost.fileId).state).toBe("ready");
  });

  it("are watched there until it is known to answer: one that hangs is noticed sooner", () => {
    const world = uploading(30, policy);
    const { posts, other } = takeAll(world);
    expect(posts.map(({ quiet }) => quiet)).toEqual(posts.map((post) => !other.includes(post)));
    world.at += 100;
    for (const post of posts) world.deliver(post);
    expect(takeAll(world).posts.every(({ quiet }) => quiet)).toBe(true);
  });

  it("slow down there once for all that were on their way, and it is not dropped for that", () => {
    const world = uploading(300, policy);
    for (let round = 0; round < 6; round += 1) {
      world.at += 100;
      for (const post of takeAll(world).posts) world.deliver(post);
    }
    const { other } = takeAll(world);
    expect(other).toHaveLength(6);
    for (const post of other.slice(0, 5)) failPost(world, post, answer(503, "SlowDown"));
    expect(world.others).toMatchObject([{ dropped: false, failures: 0, limit: 1 }]);
  });

  it("go there again once the network is back, the first endpoint is, or the person says so", () => {
    for (const back of ["network", "endpoint", "person"]) {
      const world = uploading(60, policy, smallBytes);
      const first = takeAll(world);
      for (const post of first.other) failPost(world, post, network);
      for (const post of takeAll(world).other) failPost(world, post, network);
      expect(world.others).toMatchObject([{ dropped: true }]);
      for (const post of first.posts) if (!first.other.includes(post)) failPost(world, post, network);
      expect(world.state.outage).not.toBeNull();
      if (back === "network") world.send({ type: "wentOnline" });
      else if (back === "person") {
        while (!world.state.halted) {
          world.at += 120_000;
          world.send({ type: "timerFired", timer: "probe" });
          for (const post of world.take("post")) failPost(world, post, network);
        }
        world.send({ type: "triedAgain" });
      } else {
        for (const post of world.take("post")) failPost(world, post, network);
        world.send({ type: "timerFired", timer: "probe" });
        for (const probe of world.take("post")) world.deliver(probe);
      }
      expect(world.others).toMatchObject([{ dropped: false, failures: 0, busy: 1 }]);
      expect(world.state).toMatchObject({ outage: null });
    }
  });
});
