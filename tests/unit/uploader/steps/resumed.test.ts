import { describe, expect, it } from "vitest";
import { isBusy, isDead, missingFiles } from "@/lib/uploader/state/state";
import { answerOf, newFile, statusOf, World } from "../world/world";

describe("a resumed upload", () => {
  it("that was opened before its files were counted waits for as many as were registered, whatever is skipped", () => {
    const world = new World({ conflict: "skip" });
    world.send({ type: "resumeRequested", uploadId: "u" });
    world.send({ type: "owning", uploadId: "u", owned: true });
    const status = { ...statusOf("open"), registeredFiles: 2 };
    world.send({ type: "resumed", upload: { prefix: "p/", policy: openPolicy(), status }, requestedAt: world.at });
    world.answer = (file) => ({ ...answerOf(file), ...(file.path === "taken" && { exists: "other" as const }) });
    world.add(newFile("a"), newFile("taken"));
    for (const post of world.take("post")) world.deliver(post);
    expect(world.state).toMatchObject({ phase: "uploading", counts: { done: 1, skipped: 1 } });
    expect(missingFiles(world.state)).toBe(1);
    world.add(newFile("b"));
    for (const post of world.take("post")) world.deliver(post);
    expect(world.state.phase).toBe("sealing");
  });

  it("waits for the tab that owns it, then for its files, and does not end before they are all there", () => {
    const world = new World();
    const uploadId = "0190b1f4-0000-7000-8000-00000000000a";
    world.send({ type: "resumeRequested", uploadId });
    expect(world.take("own")).toEqual([{ type: "own", uploadId }]);
    world.send({ type: "owning", uploadId, owned: false });
    expect(world.state.resumed?.owner).toBe("elsewhere");
    expect(world.take("resume")).toEqual([]);
    world.send({ type: "owning", uploadId, owned: true });
    expect(world.take("resume")).toEqual([{ type: "resume", uploadId }]);
    const status = { ...statusOf("open"), plannedFiles: 3, label: "trip" };
    const { policy, prefix } = { policy: world.state.policy, prefix: "p/" };
    expect(policy).toBeNull();
    world.send({ type: "resumed", upload: { prefix, policy: openPolicy(), status }, requestedAt: world.at });
    expect(world.state).toMatchObject({ phase: "uploading", label: "trip" });
    world.answer = ({ path }) => ({ path, status: "present" });
    world.add(newFile("a"), newFile("b"));
    expect(world.state).toMatchObject({ phase: "uploading", counts: { present: 2 } });
    world.add(newFile("c"));
    expect(world.take("seal")).toEqual([{ type: "seal", uploadId }]);
  });

  it("may be finished without the missing files", () => {
    const world = new World();
    world.send({ type: "resumeRequested", uploadId: "u" });
    world.send({ type: "owning", uploadId: "u", owned: true });
    const upload = { prefix: "p/", policy: openPolicy(), status: { ...statusOf("open"), plannedFiles: 3 } };
    world.send({ type: "resumed", upload, requestedAt: world.at });
    world.add(newFile("a"));
    for (const post of world.take("post")) world.deliver(post);
    expect(world.take("seal")).toEqual([]);
    world.send({ type: "finished" });
    expect(world.take("seal")).toHaveLength(1);
  });
});

describe("an upload that was ended elsewhere", () => {
  it.each([
    ["verified", "finished"],
    ["sealed", "finished"],
    ["aborted", "closed"],
  ] as const)("%s, when this tab becomes the owner: it says so, and does not abort", (ended, code) => {
    const world = new World();
    world.send({ type: "resumeRequested", uploadId: "u" });
    world.send({ type: "owning", uploadId: "u", owned: false });
    world.add(newFile("a"));
    expect(isBusy(world.state)).toBe(false);
    world.send({ type: "owning", uploadId: "u", owned: true });
    const upload = { prefix: "", policy: null, status: statusOf(ended) };
    world.send({ type: "resumed", upload, requestedAt: world.at });
    expect(world.state).toMatchObject({ phase: "opening", halted: { code }, counts: { queued: 1 } });
    expect([isDead(world.state), isBusy(world.state)]).toEqual([true, false]);
    world.send({ type: "allCanceled" });
    expect(world.state.phase).toBe("aborted");
    expect(world.take("abort")).toEqual([]);
  });

  it("while this tab sent to it is neither aborted nor sealed, whatever becomes of its files", () => {
    const world = new World();
    world.add(newFile("a"), newFile("b"));
    world.open();
    const why = { code: "CONFLICT", message: "This upload was discarded.", retryAfterSeconds: null } as const;
    world.send({ type: "timerFired", timer: "policy:due" });
    world.send({ type: "callFailed", call: "renew", failure: why });
    for (const fileId of [0, 1]) world.send({ type: "fileCanceled", fileId });
    expect(isDead(world.state)).toBe(true);
    expect(world.effects.filter(({ type }) => type === "abort" || type === "seal")).toEqual([]);
  });
});

function openPolicy() {
  return { url: "http://s3.test/bucket", fields: {}, expiresAt: "2026-01-01T01:00:00.000Z" };
}
