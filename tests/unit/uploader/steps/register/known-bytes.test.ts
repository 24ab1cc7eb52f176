import { describe, expect, it } from "vitest";
import type { Effect } from "@/lib/uploader/state/events";
import { smallBytes } from "@/lib/uploader/state/file";
import { outstanding } from "@/lib/uploader/state/state";
import { type Files, opened, registerAll } from "../../world/register-world";
import { callFailure, digests } from "../../world/samples";
import { answerOf, newFile, policyOf, World } from "../../world/world";

describe("bytes that need not be sent", () => {
  it("count as there, as done, and not as speed", () => {
    const world = opened(3);
    world.answer = ({ path }) => ({ path, status: path === "f2" ? "post" : "present" });
    world.register(world.take("files")[0] as Files);
    expect(world.state.counts).toMatchObject({ present: 2, posting: 1 });
    expect(world.state.bytes).toMatchObject({ planned: 300, sent: 200, kept: 200 });
    expect(world.take("releaseFile")).toHaveLength(2);
    const [post] = world.take("post");
    if (post) world.deliver(post);
    expect(world.state.phase).toBe("sealing");
  });

  it("are hashed where the collection may have them, and registered once more with their digests", () => {
    const world = opened(2, undefined, true);
    world.answer = (file) =>
      file.sha256 ? { path: file.path, status: "present" } : { ...answerOf(file), mayBeKnown: file.path === "f1" };
    world.register(world.take("files")[0] as Files);
    for (const { fileId, run } of world.take("hash")) world.send({ type: "hashed", fileId, run, digests });
    expect(world.file(1)).toMatchObject({ path: "f1", state: "present" });
    expect(world.file(0)).toMatchObject({ state: "posting" });
    expect(world.take("post")).toHaveLength(1);
  });

  it("are sent all the same when they cannot be hashed", () => {
    const world = opened(1, undefined, true);
    world.answer = (file) => ({ ...answerOf(file), mayBeKnown: true });
    world.register(world.take("files")[0] as Files);
    for (let hashes = world.take("hash"); hashes.length > 0; hashes = world.take("hash"))
      for (const { fileId, run } of hashes) world.send({ type: "hashed", fileId, run, digests: null });
    expect(world.state.counts.posting).toBe(1);
  });

  it("are known to the collection, and not sent, where other bytes were tried at their path before", () => {
    const world = opened(1, () => smallBytes);
    world.answer = answerOf;
    world.register(world.take("files")[0] as Files);
    const [post] = world.take("post");
    if (!post) throw new Error("nothing was posted");
    const { fileId, run, generation } = post;
    const why = { kind: "answer", status: 400, code: "EntityTooLarge", message: "", retryAfterSeconds: null } as const;
    world.send({ type: "postFailed", fileId, run, generation, failure: why });
    expect(world.file(fileId).state).toBe("failed");
    world.answer = ({ path }) => ({ path, status: "present" });
    world.send({ type: "walkStarted" });
    world.send({ type: "fileReplaced", fileId, sizeBytes: smallBytes, lastModified: 9, contentType: "image/jpeg" });
    world.send({ type: "walkEnded" });
    for (const call of world.take("files")) world.register(call);
    expect(world.file(fileId).state).toBe("present");
    expect(world.state.bytes).toMatchObject({ kept: smallBytes });
  });

  it("are not sent twice when the answer to a post was lost on the way", () => {
    const world = opened(2, () => smallBytes);
    world.answer = answerOf;
    world.register(world.take("files")[0] as Files);
    const [first, second] = world.take("post");
    if (!first || !second) throw new Error("nothing was posted");
    const lost = ({ fileId, run, generation }: typeof first) =>
      world.send({ type: "postFailed", fileId, run, generation, failure: { kind: "network" } });
    world.send({ type: "progressed", fileId: first.fileId, run: first.run, sentBytes: smallBytes });
    lost(first);
    lost(second);
    world.answer = ({ path }) => ({ path, status: "present" });
    world.send({ type: "timerFired", timer: `file:${first.fileId}` });
    world.send({ type: "timerFired", timer: `file:${second.fileId}` });
    // It was sent after all, and is compared with the disk as if its answer had come.
    expect(world.take("recheck").map(({ fileId }) => fileId)).toEqual([first.fileId]);
    const onDisk = { sizeBytes: smallBytes, lastModified: world.file(first.fileId).lastModified };
    world.send({ type: "rechecked", fileId: first.fileId, run: first.run, onDisk });
    expect(world.file(first.fileId).state).toBe("done");
    expect(world.state.bytes).toMatchObject({ kept: 0, sent: smallBytes });
    // Of the other one not all had gone out: it cannot have arrived.
    expect(world.take("post").map(({ fileId }) => fileId)).toEqual([second.fileId]);
  });
});

describe("digests", () => {
  it("are taken a little ahead of the posts, and registered while the last ones are still being sent", () => {
    const world = opened(40, undefined, true);
    registerAll(world, Number.POSITIVE_INFINITY);
    expect(world.effects.filter(({ type }) => type === "hash")).toHaveLength(12);
    const reports: Extract<Effect, { type: "registerChecksums" }>[] = [];
    let most = 0;
    for (let step = 0; step < 200 && world.state.phase === "uploading"; step += 1) {
      world.answer = null;
      for (const { fileId, run } of world.take("hash")) world.send({ type: "hashed", fileId, run, digests });
      for (const post of world.take("post")) world.deliver(post);
      most = Math.max(most, world.state.hashedAhead);
      for (const batch of world.take("registerChecksums")) {
        reports.push(batch);
        expect(outstanding(world.state)).toBeGreaterThan(0);
        world.registerMore(batch);
      }
    }
    expect(most).toBeLessThanOrEqual(12);
    expect(reports.map(({ files }) => files.length)).toEqual([40]);
    expect(reports[0]?.files[0]).toMatchObject(digests);
    expect(world.state.phase).toBe("sealing");
  });

  it("that the storage holds against the bytes spare reading the file once more", () => {
    const conditions = Buffer.from('["starts-with", "$x-amz-checksum-sha256", ""]').toString("base64");
    const world = new World({ hashes: true });
    world.add(newFile("a"));
    world.open({ ...policyOf(), fields: { key: "k", policy: conditions } });
    const [hash] = world.take("hash");
    world.send({ type: "hashed", fileId: 0, run: hash?.run ?? 0, digests });
    const [post] = world.take("post");
    expect(post?.sha256).toBe(digests.sha256);
    world.send({ type: "posted", fileId: 0, run: post?.run ?? 0 });
    expect(world.take("recheck")).toEqual([{ type: "recheck", fileId: 0, run: post?.run, checked: true }]);
  });

  it("that the site does not want keep nothing from being sealed", () => {
    const world = opened(1, undefined, true);
    world.answer = answerOf;
    world.register(world.take("files")[0] as Files);
    const [hash] = world.take("hash");
    world.send({ type: "hashed", fileId: 0, run: hash?.run ?? 0, digests });
    world.answer = null;
    for (const post of world.take("post")) world.deliver(post);
    const [report] = world.take("registerChecksums");
    world.send({ type: "filesFailed", batch: report?.batch ?? 0, failure: callFailure("INVALID") });
    expect(world.state).toMatchObject({ phase: "sealing", halted: null });
  });
});
