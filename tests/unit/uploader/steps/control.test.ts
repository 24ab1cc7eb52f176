import { describe, expect, it } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import { Handles } from "@/lib/uploader/browser/handles";
import { shareOf } from "@/lib/uploader/browser/tabs";
import { smallBytes } from "@/lib/uploader/state/file";
import { awaitsDecision, isBusy, isMoving } from "@/lib/uploader/state/state";
import { uploading } from "../world/post-world";
import { digests } from "../world/samples";
import { answerOf, newFile, World } from "../world/world";

describe("pausing", () => {
  it("stops what is on its way, starts nothing, and sends it again afterwards", () => {
    const world = new World();
    world.add(...Array.from({ length: 10 }, (_, index) => newFile(`f${index}`, smallBytes)));
    world.open();
    const posts = world.take("post");
    world.send({ type: "paused" });
    expect(world.take("stop")).toHaveLength(6);
    expect(isMoving(world.state)).toBe(false);
    // Too late to be listened to.
    world.send({ type: "posted", fileId: 0, run: posts[0]?.run ?? 0 });
    expect(world.state.counts).toMatchObject({ ready: 10, checking: 0 });
    world.send({ type: "timerFired", timer: "policy:due" });
    expect(world.take("post")).toEqual([]);
    world.send({ type: "unpaused" });
    expect(world.take("post")).toHaveLength(6);
  });

  it("registers small files again whose progress was not reported: they may have arrived", () => {
    const world = uploading(10);
    world.answer = null;
    world.send({ type: "paused" });
    expect(world.state.counts).toMatchObject({ queued: 6, ready: 4 });
    world.send({ type: "unpaused" });
    expect(world.take("files").map(({ files }) => files.length)).toEqual([6]);
  });

  it("of one file lets the others continue, and keeps the upload from being sealed", () => {
    const world = uploading(3);
    world.send({ type: "filePaused", fileId: 1 });
    expect(world.take("stop")).toEqual([{ type: "stop", fileId: 1 }]);
    for (const post of world.take("post")) if (post.fileId !== 1) world.deliver(post);
    expect(world.state).toMatchObject({ phase: "uploading", counts: { done: 2, paused: 1 } });
    expect(awaitsDecision(world.state)).toBe(false);
    world.send({ type: "fileResumed", fileId: 1 });
    for (const post of world.take("post")) world.deliver(post);
    expect(world.state.phase).toBe("sealing");
  });

  it("ends by itself once what was left was canceled or skipped, and the site knows before the seal", () => {
    for (const event of [
      { type: "fileCanceled", fileId: 1 },
      { type: "conflictChosen", choice: "skip" },
    ] as const) {
      const world = new World();
      world.answer = (file) => ({ ...answerOf(file), ...(file.path === "b" && { exists: "other" as const }) });
      world.add(newFile("a"), newFile("b"));
      world.open();
      for (const post of world.take("post")) world.deliver(post);
      world.send({ type: "paused" });
      expect(world.state.paused).toBe(true);
      world.send(event);
      expect(world.canceled).toEqual(["b"]);
      expect(world.state).toMatchObject({ paused: false, phase: "sealing" });
    }
  });

  it("while the last file is compared with the disk keeps its digests from being lost", () => {
    const world = new World({ hashes: true });
    world.add(newFile("a"), newFile("b"), newFile("c"));
    world.open();
    for (const { fileId, run } of world.take("hash").slice(0, 2)) world.send({ type: "hashed", fileId, run, digests });
    world.answer = null;
    const posts = world.take("post");
    for (const { fileId, run } of posts) world.send({ type: "posted", fileId, run });
    world.send({ type: "paused" });
    world.send({ type: "fileCanceled", fileId: 2 });
    for (const { fileId, run } of posts)
      world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes: 100, lastModified: 1 } });
    expect(world.take("seal")).toEqual([]);
    expect(world.take("registerChecksums").flatMap(({ files }) => files)).toMatchObject([digests, digests]);
  });

  it("before the upload is opened holds the files, and the page warns before it is left", () => {
    const world = new World();
    world.send({ type: "walkStarted" });
    world.send({ type: "filesAdded", files: [newFile("a")], system: 0, twice: 0 });
    world.send({ type: "paused" });
    world.send({ type: "walkEnded" });
    expect(world.state).toMatchObject({ phase: "idle", paused: true });
    expect(isBusy(world.state)).toBe(true);
    world.send({ type: "unpaused" });
    expect(world.take("open")).toHaveLength(1);
  });

  it("of a file that is being registered is not undone by the answer", () => {
    const world = new World();
    world.answer = null;
    world.add(newFile("a"), newFile("b"));
    world.open();
    const [batch] = world.take("files");
    world.send({ type: "filePaused", fileId: 0 });
    world.answer = answerOf;
    if (batch) world.register(batch);
    expect(world.file(0).state).toBe("paused");
    expect(world.take("post").map(({ fileId }) => fileId)).toEqual([1]);
  });
});

describe("a share of the connections", () => {
  it("is never exceeded by what is begun, and taken up at once when it grows", () => {
    const world = uploading(60);
    world.send({ type: "shareChanged", connections: 2 });
    const first = world.take("post");
    expect(first).toHaveLength(6);
    for (const post of first.slice(0, 4)) world.deliver(post);
    expect(world.take("post")).toEqual([]);
    if (first[4]) world.deliver(first[4]);
    expect(world.take("post")).toHaveLength(1);
    world.send({ type: "shareChanged", connections: 5 });
    expect(world.take("post")).toHaveLength(3);
  });

  it("adds up to all of them, the first ones having more, and is never nothing", () => {
    for (let count = 1; count <= 9; count += 1) {
      const ids = Array.from({ length: count }, (_, index) => `tab-${index}`);
      const shares = ids.map((id) => shareOf(id, ids));
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(1);
      if (count <= 6) expect(shares.reduce((sum, share) => sum + share)).toBe(uploadPolicy.parallelPosts);
    }
    expect(["a", "b", "c", "d"].map((id) => shareOf(id, ["d", "c", "b", "a"]))).toEqual([2, 2, 1, 1]);
    expect(shareOf("new", ["a"])).toBe(3);
  });
});

describe("a pause", () => {
  it("lets the server say of a file whose bytes all went out whether it arrived", () => {
    const world = uploading(1);
    const [post] = world.take("post");
    const { fileId = -1, run = -1 } = post ?? {};
    world.send({ type: "progressed", fileId, run, sentBytes: world.file(fileId).sizeBytes });
    world.send({ type: "paused" });
    world.answer = (file) => ({ ...answerOf(file), status: "present" });
    world.send({ type: "unpaused" });
    expect(world.take("post")).toEqual([]);
    expect(world.file(fileId).state).toBe("checking");
  });
});

describe("free paths", () => {
  it("keep the extension, and are not taken twice", () => {
    const handles = new Handles();
    const found = (path: string) => ({ path, source: { file: new File(["x"], "x") } });
    const batch = {
      files: [found("a/b.tar.gz"), found("a/b.tar (2).gz"), found(".hidden")],
      system: 0,
      unreadable: [],
    };
    handles.take(handles.startWalk(), batch, new World().state.files);
    expect(handles.takeFreePath(0, "a/b.tar.gz")).toBe("a/b.tar (3).gz");
    expect(handles.takeFreePath(0, "a/b.tar.gz")).toBe("a/b.tar (4).gz");
    expect(handles.takeFreePath(2, ".hidden")).toBe(".hidden (2)");
  });
});

describe("a drop of 50,000 files", () => {
  it("changes a few chunks of the list at each event, however many files there are", () => {
    const world = new World();
    world.answer = null;
    const most: Record<string, number> = {};
    const counted = (name: string, run: () => void) => {
      const before = new Set<unknown>(world.state.files.chunks);
      run();
      const changed = world.state.files.chunks.filter((chunk) => !before.has(chunk)).length;
      most[name] = Math.max(most[name] ?? 0, changed);
    };
    world.send({ type: "walkStarted" });
    for (let start = 0; start < 50_000; start += 100) {
      const files = Array.from({ length: 100 }, (_, index) => newFile(`trip/${start + index}.jpg`));
      counted("add", () => world.send({ type: "filesAdded", files, system: 0, twice: 0 }));
    }
    counted("open", () => world.open());
    world.send({ type: "walkEnded" });
    for (let batches = world.take("files"); batches.length > 0; batches = world.take("files"))
      for (const { batch, files } of batches) {
        const answers = files.map((file) => answerOf(file));
        counted("answer", () => world.send({ type: "filesAnswered", batch, files: answers }));
      }
    for (const { fileId, run } of world.take("post")) {
      counted("progress", () => world.send({ type: "progressed", fileId, run, sentBytes: 50 }));
      counted("posted", () => world.send({ type: "posted", fileId, run }));
    }
    expect(world.state.counts.ready).toBe(50_000 - 12);
    // A chunk is 256 files, and a call registers at most 1,000: those answered, and those of the next call.
    expect(most.add).toBeLessThanOrEqual(2);
    expect(most.progress).toBe(1);
    expect(most.posted).toBeLessThanOrEqual(2);
    expect(Math.max(most.open ?? 0, most.answer ?? 0)).toBeLessThanOrEqual(12);
  });
});
