import { describe, expect, it } from "vitest";
import { failure } from "@/lib/uploader/state/failures";
import { commonOf, knownOf, type UploadFile } from "@/lib/uploader/state/file";
import type { UploaderState } from "@/lib/uploader/state/state";
import { itemsOf } from "@/lib/uploader/state/vector";
import { opened } from "../../world/register-world";
import { answerOf, type World } from "../../world/world";

const many = 2_000;
/** Files that change state in one step at most. */
const atOnce = 256;

/** All of them have their answer: taken paths, or failures. */
function world(which: "taken" | "failed"): World {
  const made = opened(many);
  made.answer = (file) => ({ ...answerOf(file), exists: "other" });
  for (const batch of made.take("files")) made.register(batch);
  expect(made.state.counts.conflict).toBe(many);
  if (which === "failed") {
    const chunks = made.state.files.chunks.map((chunk) => chunk.map(failed));
    const counts = { ...made.state.counts, conflict: 0, failed: many };
    made.state = { ...made.state, counts, conflicts: { same: 0, other: 0, others: 0 }, files: { size: many, chunks } };
  }
  return made;
}

function failed(file: UploadFile): UploadFile {
  return { ...commonOf(file), known: knownOf(file), state: "failed", failure: failure("unreachable") };
}

/** Yields until no pass is left; returns how often, and checks that no step changed too many files. */
function runPasses(world: World): number {
  for (let times = 0; ; times += 1) {
    if (world.take("yieldToPage").length === 0) return times;
    const before = world.state;
    world.send({ type: "yielded" });
    expect(changed(before, world.state)).toBeLessThanOrEqual(atOnce + 6);
  }
}

function changed(before: UploaderState, after: UploaderState): number {
  const was = [...itemsOf(before.files)];
  return [...itemsOf(after.files)].filter((file, index) => file.state !== was[index]?.state).length;
}

describe("what a person decides for thousands of files", () => {
  it.each([
    ["revision", { ready: many - 6, posting: 6 }],
    ["skip", { skipped: many }],
  ] as const)("is done a few hundred at a time: %s", (choice, counts) => {
    const made = world("taken");
    const before = made.state;
    made.send({ type: "conflictChosen", choice });
    expect(changed(before, made.state)).toBe(atOnce);
    expect(runPasses(made)).toBe(Math.ceil(many / atOnce) - 1);
    expect(made.state.counts).toMatchObject({ conflict: 0, ...counts });
    expect(made.state.passes).toEqual({});
  });

  it("requests free paths a few hundred at a time", () => {
    const made = world("taken");
    made.send({ type: "conflictChosen", choice: "both" });
    made.answer = answerOf;
    let renames = made.take("rename");
    expect(renames).toHaveLength(atOnce);
    for (; renames.length > 0; renames = made.take("rename")) {
      for (const { fileId, foundAs } of renames) made.send({ type: "renamed", fileId, path: `${foundAs} (2)` });
      if (made.take("yieldToPage").length > 0) made.send({ type: "yielded" });
    }
    expect(made.state.counts.conflict).toBe(0);
  });

  it("is what was decided last", () => {
    const made = world("taken");
    made.send({ type: "conflictChosen", choice: "skip" });
    made.send({ type: "conflictChosen", choice: "revision" });
    runPasses(made);
    expect(made.state.counts).toMatchObject({ skipped: atOnce, ready: many - atOnce - 6, posting: 6 });
  });

  it("retries what failed, all of it, and the upload is not finished meanwhile", () => {
    const made = world("failed");
    made.answer = answerOf;
    made.send({ type: "failedRetried" });
    expect(made.state).toMatchObject({ phase: "uploading", counts: { failed: many - atOnce } });
    runPasses(made);
    expect(made.state.counts).toMatchObject({ failed: 0 });
  });

  it("leaves failed files where they are once the person finishes without them", () => {
    const made = world("failed");
    made.send({ type: "failedRetried" });
    made.send({ type: "finished" });
    // Some are registered again: the choice is open once more when they are answered.
    expect(made.state.finishing).toBe(false);
    runPasses(made);
    expect(made.state.counts.failed).toBe(0);
  });

  it("ends the upload at once, whatever is still to be crossed out", () => {
    const made = world("taken");
    made.send({ type: "conflictChosen", choice: "skip" });
    made.send({ type: "allCanceled" });
    expect(made.state.phase).toBe("aborted");
    expect(made.take("abort")).toHaveLength(1);
    // Late news of a file that is not crossed out yet.
    made.send({ type: "renamed", fileId: many - 1, path: "f (2)" });
    runPasses(made);
    expect(made.state.counts).toMatchObject({ skipped: atOnce, canceled: many - atOnce, conflict: 0 });
    expect(made.take("post")).toEqual([]);
  });
});
