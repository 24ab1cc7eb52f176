import { describe, expect, it } from "vitest";
import type { Effect } from "@/lib/uploader/state/events";
import type { InitialState } from "@/lib/uploader/state/initial-state";
import { type Files, opened } from "../../world/register-world";
import { callFailure } from "../../world/samples";
import { answerOf, newFile, World } from "../../world/world";

describe("taken paths", () => {
  function withConflicts(): World {
    const world = opened(4);
    world.answer = (file) => {
      const exists = file.path === "f1" ? "same" : file.path === "f2" ? "other" : undefined;
      return { ...answerOf(file), ...(exists && { exists }) };
    };
    world.register(world.take("files")[0] as Files);
    return world;
  }

  it("wait for the person while the others are sent, with counts to choose by", () => {
    const world = withConflicts();
    expect(world.state).toMatchObject({ conflicts: { same: 1, other: 1 }, counts: { conflict: 2, posting: 2 } });
    for (const post of world.take("post")) world.deliver(post);
    expect(world.state.phase).toBe("uploading");
    world.send({ type: "conflictChosen", choice: "skip" });
    expect(world.state).toMatchObject({ phase: "sealing", counts: { skipped: 2 }, conflicts: { same: 0, other: 0 } });
    expect(world.state.bytes.planned).toBe(200);
    expect(world.canceled).toEqual(["f2", "f1"]);
  });

  it("become revisions", () => {
    const world = withConflicts();
    world.send({ type: "conflictChosen", choice: "revision" });
    expect(world.take("post")).toHaveLength(4);
  });

  it("are avoided by other paths, until one is free", () => {
    const world = withConflicts();
    world.send({ type: "conflictChosen", choice: "both" });
    expect(world.take("rename")).toEqual([
      { type: "rename", fileId: 2, foundAs: "f2" },
      { type: "rename", fileId: 3, foundAs: "f1" },
    ]);
    world.answer = (file) => ({ ...answerOf(file), ...(file.path === "f2 (2)" && { exists: "other" as const }) });
    world.send({ type: "renamed", fileId: 2, path: "f2 (2)" });
    expect(world.take("rename")).toEqual([{ type: "rename", fileId: 2, foundAs: "f2" }]);
    world.send({ type: "renamed", fileId: 2, path: "f2 (3)" });
    expect(world.file(2)).toMatchObject({ state: "posting", path: "f2 (3)", foundAs: "f2" });
    expect(world.canceled).toEqual(["f2", "f2 (2)"]);
  });

  it("are left for paths under which nothing was sent before", () => {
    const world = opened(1);
    world.register(world.take("files")[0] as Files);
    world.answer = ({ path }) => ({ path, status: path === "f1" ? "post" : "present", exists: "other" });
    world.send({ type: "conflictChosen", choice: "both" });
    for (const post of world.take("post")) {
      const { fileId, run, generation } = post;
      world.send({ type: "postFailed", fileId, run, generation, failure: { kind: "network" } });
      world.send({ type: "timerFired", timer: `file:${fileId}` });
    }
    for (const { fileId } of world.take("rename")) world.send({ type: "renamed", fileId, path: "f1 (2)" });
    expect(world.file(0)).toMatchObject({ path: "f1 (2)", state: "present" });
  });
});

describe("paths of other people's files", () => {
  /** f1 is another person's of the same size, f2 another person's, f3 one that can be replaced. */
  function withOthers(choices: InitialState = {}): World {
    const world = new World(choices);
    world.answer = null;
    world.add(...[4, 3, 2, 1].map((name) => newFile(`f${name}`, 100)));
    world.open();
    world.answer = (file) => {
      const others = { path: file.path, status: "conflict", reason: "another person's" } as const;
      if (file.path === "f1") return { ...others, exists: "same" };
      if (file.path === "f2") return others;
      return { ...answerOf(file), ...(file.path === "f3" && { exists: "other" as const }) };
    };
    world.register(world.take("files")[0] as Files);
    return world;
  }

  it("are never replaced: not by the choice for other taken paths", () => {
    const world = withOthers();
    expect(world.state).toMatchObject({ conflicts: { same: 0, other: 1, others: 2 }, counts: { conflict: 3 } });
    world.send({ type: "conflictChosen", choice: "revision" });
    expect(world.take("post").map(({ fileId }) => world.file(fileId).path)).toEqual(["f4", "f3"]);
    expect(world.state).toMatchObject({ conflicts: { same: 0, other: 0, others: 2 }, phase: "uploading" });
  });

  it("are left out, or avoided by other paths, as the person chooses", () => {
    const skipping = withOthers();
    skipping.send({ type: "othersConflictChosen", choice: "skip" });
    expect(skipping.state).toMatchObject({ counts: { skipped: 2, conflict: 1 }, conflicts: { other: 1, others: 0 } });
    expect(skipping.canceled).toEqual(["f2", "f1"]);
    const keeping = withOthers();
    keeping.send({ type: "othersConflictChosen", choice: "both" });
    expect(keeping.take("rename").map(({ foundAs }) => foundAs)).toEqual(["f2", "f1"]);
  });

  it("wait for a choice of their own where the one made in advance is to replace, else that one counts", () => {
    const replacing = withOthers({ conflict: "revision" });
    expect(replacing.state.counts).toMatchObject({ conflict: 2, posting: 2 });
    const skipping = withOthers({ conflict: "skip" });
    expect(skipping.state.counts).toMatchObject({ conflict: 0, skipped: 3 });
    const both = withOthers({ conflict: "revision", othersConflict: "skip" });
    expect(both.state.counts).toMatchObject({ conflict: 0, skipped: 2, posting: 2 });
  });

  it("are compared by checksum first where the size is the same: identical files are no conflict", () => {
    const world = withOthers({ hashes: true });
    expect(world.state.conflicts).toMatchObject({ others: 1 });
    const hash = world.take("hash").find(({ fileId }) => world.file(fileId).path === "f1");
    world.answer = (file) => ({ path: file.path, status: "present", exists: "same" });
    world.send({
      type: "hashed",
      fileId: hash?.fileId ?? -1,
      run: hash?.run ?? -1,
      digests: { sha256: "a", md5: "b" },
    });
    expect(world.files().find(({ path }) => path === "f1")?.state).toBe("present");
  });
});

describe("canceled registrations", () => {
  it("are sent before the seal, in one call, for registered files only", () => {
    const world = opened(60);
    const [first, second] = world.take("files");
    world.register(first as Files);
    for (const { id } of world.files().slice(0, 20)) world.send({ type: "fileCanceled", fileId: id });
    // 16 of them are registered; the call for the other four is in flight.
    const [back] = world.take("cancelFiles");
    expect(back?.paths).toEqual(["f60"]);
    world.send({ type: "filesCanceled", batch: back?.batch ?? 0 });
    const [rest] = world.take("cancelFiles");
    expect(rest?.paths).toHaveLength(15);
    world.register(second as Files);
    world.answer = answerOf;
    world.cancel(rest as Extract<Effect, { type: "cancelFiles" }>);
    expect(world.canceled).toHaveLength(19);
    for (let posts = world.take("post"); posts.length > 0; posts = world.take("post"))
      for (const post of posts) if (world.file(post.fileId).state === "posting") world.deliver(post);
    expect(world.state).toMatchObject({ phase: "sealing", counts: { done: 40, canceled: 20 } });
  });

  it("come before the same paths are registered again", () => {
    const world = opened(2);
    world.register(world.take("files")[0] as Files);
    world.send({ type: "fileCanceled", fileId: 0 });
    world.send({ type: "walkStarted" });
    const again = { sizeBytes: 9, lastModified: 2, contentType: "image/jpeg" };
    world.send({ type: "fileReplaced", fileId: 0, ...again });
    world.send({ type: "walkEnded" });
    expect(world.take("files")).toEqual([]);
    const [back] = world.take("cancelFiles");
    world.send({ type: "filesCanceled", batch: back?.batch ?? 0 });
    expect(world.take("files").map(({ files }) => files)).toMatchObject([[{ path: "f2", size: 9 }]]);
  });

  it("come before the person's seal, too; retried if the site is unreachable, left if it refuses", () => {
    const world = opened(3);
    world.register(world.take("files")[0] as Files);
    const [lost, sent] = world.take("post");
    if (lost) world.send({ ...lost, type: "postFailed", failure: tooLarge });
    if (sent) world.deliver(sent);
    world.send({ type: "fileCanceled", fileId: 2 });
    world.send({ type: "finished" });
    expect(world.take("seal")).toEqual([]);
    const [back] = world.take("cancelFiles");
    world.send({ type: "filesFailed", batch: back?.batch ?? 0, failure: callFailure("NETWORK") });
    world.send({ type: "timerFired", timer: `batch:${back?.batch ?? 0}` });
    expect(world.take("cancelFiles")).toEqual([back]);
    world.send({ type: "filesFailed", batch: back?.batch ?? 0, failure: callFailure("INVALID") });
    expect(world.take("seal")).toHaveLength(1);
  });
});

const tooLarge = {
  kind: "answer",
  status: 400,
  code: "EntityTooLarge",
  message: null,
  retryAfterSeconds: null,
} as const;
