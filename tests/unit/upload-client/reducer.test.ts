import { describe, expect, it } from "vitest";
import { failure, type PostFailure } from "@/lib/upload/client/failures";
import { awaitsDecision } from "@/lib/upload/client/state";
import { uploadPolicy } from "@/lib/upload/policy";
import { newFile, prefix, statusOf, uploadId, World } from "./world";

const network: PostFailure = { kind: "network" };

function answer(
  status: number,
  code: string | null,
  message = "",
  retryAfterSeconds: number | null = null,
): PostFailure {
  return { kind: "answer", status, code, message, retryAfterSeconds };
}

function uploading(count: number): World {
  const world = new World();
  world.add(...Array.from({ length: count }, (_, index) => newFile(`trip/f${index}.jpg`)));
  world.open();
  return world;
}

function failPost(world: World, post: { fileId: number; run: number; generation: number }, why: PostFailure) {
  const { fileId, run, generation } = post;
  return world.send({ type: "postFailed", fileId, run, generation, failure: why });
}

describe("an upload without trouble", () => {
  it("opens, posts six at a time, seals, watches the check and is done", () => {
    const world = new World();
    world.add(...Array.from({ length: 8 }, (_, index) => newFile(`trip/f${index}.jpg`)));
    expect(world.take("open")).toEqual([
      { type: "open", request: { plannedFiles: 8, plannedBytes: 800, label: "trip" } },
    ]);
    world.open();
    const posts = world.take("post");
    expect(posts).toHaveLength(uploadPolicy.parallelPosts);
    expect(posts[0]).toMatchObject({ key: `${prefix}trip/f0.jpg`, contentType: "image/jpeg" });
    for (const post of posts) world.deliver(post);
    for (const post of world.take("post")) world.deliver(post);
    expect(world.take("seal")).toEqual([{ type: "seal", uploadId }]);
    world.send({ type: "sealed" });
    expect(world.take("status")).toHaveLength(1);
    world.send({ type: "statusRead", status: statusOf("sealed") });
    expect(world.state.phase).toBe("verifying");
    expect(world.take("timer").at(-1)?.timer).toBe("call:status");
    world.send({ type: "rang", timer: "call:status" });
    expect(world.take("status")).toHaveLength(1);
    world.send({ type: "statusRead", status: statusOf("verified") });
    expect(world.state).toMatchObject({ phase: "done", halted: null, bytes: { planned: 800, sent: 800 } });
    expect(world.take("letGo")).toHaveLength(8);
  });

  it("frees the connection as soon as a file is stored, while it is compared with the disk", () => {
    const world = uploading(7);
    const [first] = world.take("post");
    world.send({ type: "posted", fileId: 0, run: first?.run ?? 0 });
    expect(world.state.counts).toMatchObject({ checking: 1, posting: 6 });
    expect(world.take("look")).toEqual([{ type: "look", fileId: 0, run: 1 }]);
  });

  it("does not seal while another folder is being read, nor opens for refused files alone", () => {
    const world = new World();
    world.add(newFile("empty", 0, failure("empty")));
    expect(world.state.phase).toBe("idle");
    world.add(newFile("a"));
    world.open();
    world.send({ type: "walkStarted" });
    for (const post of world.take("post")) world.deliver(post);
    expect(world.state.phase).toBe("uploading");
    world.send({ type: "walkEnded" });
    expect(world.state.phase).toBe("sealing");
  });

  it("calls an upload by the one folder it has, and not at all where there are several", () => {
    const label = (...paths: string[]) => {
      const world = new World();
      world.add(...paths.map((path) => newFile(path)));
      return world.take("open")[0]?.request.label;
    };
    expect(label("a/x", "a/b/y")).toBe("a");
    expect(label("a/x", "b/y")).toBeUndefined();
    expect(label("x", "a/y")).toBeUndefined();
  });

  it("gives an empty upload up when all files were canceled", () => {
    const world = uploading(2);
    world.send({ type: "fileCanceled", fileId: 0 });
    world.send({ type: "fileCanceled", fileId: 1 });
    expect(world.take("stopPost")).toHaveLength(2);
    expect(world.state.phase).toBe("aborted");
    expect(world.take("abort")).toEqual([{ type: "abort", uploadId }]);
  });

  it("tells the server of a cancel that came while the upload was being opened", () => {
    const world = new World();
    world.add(newFile("a"));
    world.send({ type: "allCanceled" });
    expect(world.take("abort")).toEqual([]);
    world.open();
    expect(world.take("abort")).toHaveLength(1);
    expect(world.take("post")).toEqual([]);
  });
});

describe("a file that fails", () => {
  it("stops alone, with its reason, and the person retries it or finishes without it", () => {
    const world = uploading(3);
    const [first, ...rest] = world.take("post");
    if (!first) throw new Error("nothing was posted");
    failPost(world, first, answer(400, "EntityTooLarge"));
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "too-large" } });
    for (const post of rest) world.deliver(post);
    expect(awaitsDecision(world.state)).toBe(true);
    expect(world.take("seal")).toEqual([]);
    world.send({ type: "failedRetried" });
    const [again] = world.take("post");
    expect(again).toMatchObject({ fileId: 0, run: 2 });
    if (again) failPost(world, again, answer(507, null));
    expect(world.file(0).failure?.code).toBe("quota");
    world.send({ type: "finished" });
    expect(world.take("seal")).toHaveLength(1);
  });

  it("waits longer each time for a single file, and gives it up only after eight tries and five minutes", () => {
    const world = uploading(1);
    let tries = 0;
    while (world.file(0).state !== "failed") {
      // Other files go through all the time: the storage is there.
      world.add(newFile(`other${tries}`));
      let bad: ReturnType<typeof world.take<"post">>[number] | undefined;
      for (let posts = world.take("post"); posts.length > 0; posts = world.take("post"))
        for (const post of posts) {
          if (post.fileId === 0) bad = post;
          else world.deliver(post);
        }
      if (!bad) throw new Error("the file was not tried again");
      tries += 1;
      failPost(world, bad, answer(500, "InternalError"));
      world.at = world.file(0).retryAt ?? world.at;
      world.send({ type: "rang", timer: "file:0" });
    }
    expect(tries).toBeGreaterThanOrEqual(8);
    expect(world.at).toBeGreaterThan(5 * 60_000);
    expect(world.file(0).failure?.code).toBe("server");
  });

  it("is replaced by what is dropped again at its path", () => {
    const world = uploading(2);
    const [first, second] = world.take("post");
    if (!first || !second) throw new Error("nothing was posted");
    failPost(world, first, answer(400, "KeyTooLongError"));
    world.deliver(second);
    world.send({ type: "fileReplaced", fileId: 0, sizeBytes: 55, lastModified: 9, contentType: "image/png" });
    expect(world.take("post")).toMatchObject([{ fileId: 0, contentType: "image/png" }]);
    expect(world.state.bytes.planned).toBe(155);
  });
});

describe("a storage that is away", () => {
  it("makes all files wait together, sends one to see, and goes on where it was", () => {
    const world = uploading(100);
    for (const post of world.take("post")) failPost(world, post, network);
    expect(world.state.outage).toMatchObject({ failures: 1, probing: false });
    // Two more had been started before the third failure told that it is not about the files.
    const late = world.take("post");
    expect(late).toHaveLength(2);
    for (const post of late) failPost(world, post, network);
    expect(world.take("post")).toEqual([]);
    expect(world.state.outage).toMatchObject({ failures: 1 });
    for (let minute = 0; minute < 10; minute += 1) {
      world.at += 60_000;
      world.send({ type: "rang", timer: "probe" });
      const probes = world.take("post");
      expect(probes).toHaveLength(1);
      if (probes[0]) failPost(world, probes[0], network);
    }
    expect(world.state).toMatchObject({ halted: null, counts: { failed: 0 } });
    world.send({ type: "rang", timer: "probe" });
    const [probe] = world.take("post");
    if (probe) world.deliver(probe);
    expect(world.state.outage).toBeNull();
    expect(world.take("post").length).toBeGreaterThanOrEqual(5);
  });

  it("halts after a quarter of an hour with every file kept, and goes on when told or when the network is back", () => {
    for (const event of [{ type: "triedAgain" }, { type: "wentOnline" }] as const) {
      const world = uploading(10);
      for (const post of world.take("post")) failPost(world, post, network);
      while (!world.state.halted) {
        world.at += 120_000;
        world.send({ type: "rang", timer: "probe" });
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
      world.send({ type: "rang", timer: "probe" });
      for (const post of world.take("post")) failPost(world, post, network);
    }
    expect(world.state).toMatchObject({ halted: null, counts: { failed: 0 } });
    world.send({ type: "wentOnline" });
    expect(world.take("post")).toHaveLength(2);
  });

  it("slows down on SlowDown for as long as asked, and recovers one connection a file", () => {
    const world = uploading(50);
    const [first, ...rest] = world.take("post");
    if (!first) throw new Error("nothing was posted");
    world.take("timer");
    failPost(world, first, answer(503, "SlowDown", "", 7));
    expect(world.state.limit).toBe(3);
    expect(world.take("timer")[0]?.delayMs).toBeGreaterThanOrEqual(7_000);
    for (const post of rest) world.deliver(post);
    expect(world.state.limit).toBe(6);
  });
});

describe("a file that changes", () => {
  it("is sent once more with the new bytes, and reported when it changes again", () => {
    const world = uploading(1);
    const [post] = world.take("post");
    world.send({ type: "posted", fileId: 0, run: post?.run ?? 0 });
    world.send({ type: "looked", fileId: 0, run: 1, look: { sizeBytes: 120, lastModified: 2 } });
    expect(world.take("post")).toMatchObject([{ fileId: 0, run: 2 }]);
    expect(world.state.bytes.planned).toBe(120);
    world.send({ type: "changed", fileId: 0, run: 2, look: { sizeBytes: 130, lastModified: 3 } });
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "changed" } });
    expect(world.take("seal")).toEqual([]);
  });

  it("is reported at once when it cannot be read, or has become what cannot be sent", () => {
    for (const [look, code] of [
      [null, "changed"],
      [{ sizeBytes: 0, lastModified: 2 }, "empty"],
    ] as const) {
      const world = uploading(1);
      world.send({ type: "changed", fileId: 0, run: 1, look });
      expect(world.file(0)).toMatchObject({ state: "failed", failure: { code } });
    }
  });

  it("does not listen to a try that is over", () => {
    const world = uploading(1);
    world.send({ type: "changed", fileId: 0, run: 1, look: { sizeBytes: 120, lastModified: 2 } });
    world.send({ type: "posted", fileId: 0, run: 1 });
    expect(world.file(0)).toMatchObject({ state: "posting", run: 2 });
  });
});

describe("calls to the site", () => {
  it("are repeated while they can heal, and halt with the reason when they cannot", () => {
    const world = new World();
    world.add(newFile("a"));
    const why = { code: "UNAVAILABLE", message: "x", retryAfterSeconds: 5 } as const;
    world.send({ type: "callFailed", call: "open", failure: why });
    const [timer] = world.take("timer");
    expect(timer).toMatchObject({ timer: "call:open" });
    expect(timer?.delayMs).toBeGreaterThanOrEqual(5_000);
    world.take("open");
    world.send({ type: "rang", timer: "call:open" });
    expect(world.take("open")).toHaveLength(1);
    world.send({ type: "callFailed", call: "open", failure: { ...why, code: "UNAUTHENTICATED" } });
    expect(world.state.halted?.code).toBe("signed-out");
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

  it("watch the previews for a while after the end, as they tell which file is no picture", () => {
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
