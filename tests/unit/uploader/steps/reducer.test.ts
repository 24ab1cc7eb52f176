import { describe, expect, it } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import { failure } from "@/lib/uploader/state/failures";
import { awaitsDecision } from "@/lib/uploader/state/state";
import { failPost, uploading } from "../world/post-world";
import { answer } from "../world/samples";
import { newFile, prefix, statusOf, uploadId, World } from "../world/world";

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
    world.send({ type: "timerFired", timer: "call:status" });
    expect(world.take("status")).toHaveLength(1);
    world.send({ type: "statusRead", status: statusOf("verified") });
    expect(world.state).toMatchObject({ phase: "done", halted: null, bytes: { planned: 800, sent: 800 } });
    expect(world.take("releaseFile")).toHaveLength(8);
  });

  it("frees the connection as soon as a file is stored, while it is compared with the disk", () => {
    const world = uploading(7);
    const [first] = world.take("post");
    world.send({ type: "posted", fileId: 0, run: first?.run ?? 0 });
    expect(world.state.counts).toMatchObject({ checking: 1, posting: 6 });
    expect(world.take("recheck")).toEqual([{ type: "recheck", fileId: 0, run: 1, checked: false }]);
  });

  it("does not seal while another folder is being read, nor opens for refused files alone", () => {
    const world = new World();
    world.add(newFile("refused", 0, failure("bad-path")));
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
    // Cut where the server's limit is, and not within a character, of which the server refuses one half.
    expect(label(`${"x".repeat(199)}🐠/a`)).toBe("x".repeat(199));
  });

  it("aborts an empty upload when all files were canceled", () => {
    const world = uploading(2);
    world.send({ type: "fileCanceled", fileId: 0 });
    world.send({ type: "fileCanceled", fileId: 1 });
    expect(world.take("stop")).toHaveLength(2);
    expect(world.state.phase).toBe("aborted");
    expect(world.take("abort")).toEqual([{ type: "abort", uploadId }]);
  });

  it("aborts on the server when it was canceled while being opened", () => {
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
    expect(world.failure(0)?.code).toBe("quota");
    world.send({ type: "finished" });
    expect(world.take("seal")).toHaveLength(1);
  });

  it("waits longer each time for a single file, and fails only after eight attempts and five minutes", () => {
    const world = uploading(1);
    let tries = 0;
    while (world.file(0).state !== "failed") {
      // Other files arrive all the time: the storage is reachable.
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
      const file = world.file(0);
      if (file.state === "waiting") world.at = file.retryAt;
      world.send({ type: "timerFired", timer: "file:0" });
    }
    expect(tries).toBeGreaterThanOrEqual(8);
    expect(world.at).toBeGreaterThan(5 * 60_000);
    expect(world.failure(0)?.code).toBe("server");
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

describe("a file that changes", () => {
  it("is sent once more with the new bytes, and reported when it changes again", () => {
    const world = uploading(1);
    const [post] = world.take("post");
    world.send({ type: "posted", fileId: 0, run: post?.run ?? 0 });
    world.send({ type: "rechecked", fileId: 0, run: 1, onDisk: { sizeBytes: 120, lastModified: 2 } });
    expect(world.take("post")).toMatchObject([{ fileId: 0, run: 2 }]);
    expect(world.state.bytes.planned).toBe(120);
    world.send({ type: "changed", fileId: 0, run: 2, onDisk: { sizeBytes: 130, lastModified: 3 } });
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "changed" } });
    expect(world.take("seal")).toEqual([]);
  });

  it("is reported at once when it cannot be read, or has become what cannot be sent", () => {
    for (const [onDisk, code] of [
      [null, "changed"],
      [{ sizeBytes: 5 * 1024 ** 4 + 1, lastModified: 2 }, "too-large"],
    ] as const) {
      const world = uploading(1);
      world.send({ type: "changed", fileId: 0, run: 1, onDisk });
      expect(world.file(0)).toMatchObject({ state: "failed", failure: { code } });
    }
  });

  it("ignores events of an earlier attempt", () => {
    const world = uploading(1);
    world.send({ type: "changed", fileId: 0, run: 1, onDisk: { sizeBytes: 120, lastModified: 2 } });
    world.send({ type: "posted", fileId: 0, run: 1 });
    expect(world.file(0)).toMatchObject({ state: "posting", run: 2 });
  });
});
