import { describe, expect, it } from "vitest";
import { conflictText } from "@/components/upload/progress/conflict-choice";
import { figuresOf, formatSpan } from "@/components/upload/progress/upload-summary";
import {
  announcement,
  headline,
  needsPerson,
  progressText,
  waitingText,
} from "@/components/upload/progress/upload-text";
import { ratioOf, trayStateOf } from "@/components/upload/tray/state";
import { failure } from "@/lib/uploader/state/failures";
import { statusOf } from "@/tests/unit/uploader/world/world";
import { fileIn, filesIn, stateWith } from "./upload-states";

const resumed = { id: "u", owner: "here" as const, plannedFiles: 40, registeredFiles: 0 };
const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("the headline", () => {
  it.each([
    ["Uploading 5 files", stateWith(filesIn({ done: 2, present: 1, queued: 2, skipped: 3, canceled: 1 }))],
    ["Paused: 5 files", stateWith(filesIn({ done: 2, ready: 3 }), { paused: true })],
    ["Paused: 5 files", stateWith(filesIn({ done: 2, paused: 3 }))],
    ["Paused: 3 files", stateWith(filesIn({ queued: 3 }), { phase: "idle", paused: true })],
    ["The upload stopped", stateWith(filesIn({ ready: 3 }), { halted: failure("signed-out") })],
    ["Finished elsewhere", stateWith(filesIn({ queued: 3 }), { phase: "opening", halted: failure("finished") })],
    ["Checking 1 file", stateWith(filesIn({ done: 1 }), { phase: "verifying", halted: failure("slow-check") })],
    ["12 files wait for your choice", stateWith(filesIn({ done: 2, conflict: 12 }))],
    ["Uploading 4 files", stateWith(filesIn({ conflict: 3, posting: 1 }))],
    ["3 files uploaded, 2 failed", stateWith(filesIn({ done: 2, present: 1, failed: 2 }))],
    ["3 files uploaded, 37 missing", stateWith(filesIn({ done: 3 }), { resumed })],
    ["Ready to resume", stateWith([], { resumed })],
    ["This upload is running in another tab", stateWith([], { resumed: { ...resumed, owner: "elsewhere" as const } })],
    ["4 files uploaded and verified", stateWith(filesIn({ done: 4, present: 2 }), { phase: "done" })],
    ["2 files already there, nothing to upload", stateWith(filesIn({ present: 2 }), { phase: "done" })],
    ["Nothing was uploaded", stateWith(filesIn({ skipped: 2 }), { phase: "done" })],
    ["Nothing was uploaded", stateWith(filesIn({ skipped: 2 }), { phase: "aborted" })],
    ["The upload was canceled", stateWith(filesIn({ skipped: 2, canceled: 1 }), { phase: "aborted" })],
  ])("is “%s”", (text, state) => expect(headline(state)).toBe(text));
});

describe("the line below", () => {
  it("shows progress, speed and remaining time, each value with its unit on one line", () => {
    const samples = [
      { at: 0, sentBytes: 0, files: 0 },
      { at: 10_000, sentBytes: 2_000, files: 2 },
    ];
    const text = progressText(stateWith(filesIn({ done: 2, queued: 2, skipped: 1 }), { samples }));
    expect(plain(text)).toMatch(/^2 of 4 files · 2 KB of \d KB · 200 B\/s · .* left · 1 skipped$/);
    expect(text).toContain("200\u00a0B/s");
  });

  it("shows no remaining time while paused or waiting for a choice", () => {
    const samples = [
      { at: 0, sentBytes: 0, files: 0 },
      { at: 10_000, sentBytes: 2_000, files: 2 },
    ];
    for (const state of [
      stateWith(filesIn({ done: 2, conflict: 2 }), { samples }),
      stateWith(filesIn({ done: 2, ready: 2 }), { samples, paused: true }),
    ])
      expect(progressText(state)).not.toMatch(/left|\/s/);
  });

  it("shows what a resumed upload has before its files are added", () => {
    const status = statusOf("open", { total: 12, verified: 0, rejected: 0, pending: 12 });
    expect(progressText(stateWith([], { resumed, status }))).toBe("12 of 40 files are there.");
  });
});

describe("screen reader announcements", () => {
  it("change at every quarter, not with every file", () => {
    const said = new Set<string>();
    for (let done = 0; done < 1_000; done += 1)
      said.add(
        announcement(
          stateWith([], { counts: counted(done), bytes: { planned: 1_000, sent: done, kept: 0, failed: 0 } }),
        ),
      );
    expect([...said]).toEqual([0, 25, 50, 75].map((percent) => `Uploading, ${percent} percent`));
  });

  it("say what stopped the upload, and what to do", () => {
    const text = announcement(stateWith(filesIn({ ready: 3 }), { halted: failure("signed-out") }));
    expect(text).toMatch(/^The upload stopped\. You are signed out\. .* Sign in/);
    const slow = stateWith(filesIn({ done: 1 }), { phase: "verifying", halted: failure("slow-check") });
    expect(announcement(slow)).toMatch(/^Checking 1 file\. Checking .* You may leave/);
  });

  it("announces at once that a choice is open", () => {
    expect(announcement(stateWith(filesIn({ conflict: 3, posting: 1 })))).toMatch(/3 files already here: your choice/);
  });

  function counted(done: number) {
    const { counts } = stateWith([]);
    return { ...counts, done, queued: 1_000 - done };
  }
});

describe("waiting for the site", () => {
  const trouble = { failures: 1, since: 0, retryAt: 1 };
  const batch = { kind: "register" as const, fileIds: [0], paths: [], trouble };
  it.each([
    ["registering", stateWith(filesIn({ registering: 1 }), { batches: { 1: batch } }), true],
    ["registering beside posts", stateWith(filesIn({ registering: 1, posting: 1 }), { batches: { 1: batch } }), false],
    ["signing", stateWith([fileIn("parts", 0, { retryAt: 5 })]), true],
    ["completing", stateWith([fileIn("completing", 0, { retryAt: 5 })]), true],
    ["completing well", stateWith([fileIn("completing")]), false],
    ["sealing", stateWith(filesIn({ done: 1 }), { phase: "sealing", calls: { seal: trouble } }), true],
    ["checking", stateWith(filesIn({ done: 1 }), { phase: "verifying", calls: { status: trouble } }), true],
    [
      "between two polls",
      stateWith(filesIn({ done: 1 }), { phase: "verifying", calls: { status: { ...trouble, failures: 0 } } }),
      false,
    ],
  ])("is said of %s", (_, state, said) => expect(/site does not answer/.test(waitingText(state) ?? "")).toBe(said));
});

it("lists only non-zero counts in the summary", () => {
  const done = stateWith(filesIn({ done: 20, present: 3, skipped: 2, failed: 1 }), {
    phase: "done",
    bytes: { planned: 26_000, sent: 23_000, kept: 3_000, failed: 0 },
    startedAt: 1_000,
    endedAt: 131_000,
  });
  expect(figuresOf(done).map(({ name, value }) => `${name} ${value}`)).toEqual([
    "Uploaded 20",
    "Already there 3",
    "Skipped 2",
    "Failed 1",
    "Sent 20 KB",
    "Time 2 min 10 s",
    "Average speed 154 B/s",
  ]);
});

it.each([
  [0.2, "1 s"],
  [59, "59 s"],
  [120, "2 min"],
  [3_600, "1 h"],
  [5_430, "1 h 30 min"],
])("%d s took %s", (seconds, text) => expect(formatSpan(seconds)).toBe(text));

it.each([
  [12, { same: 9, other: 3 }, "12 files are already here: 9 of the same size, 3 different"],
  [12, { same: 12, other: 0 }, "12 files are already here, all of the same size"],
  [2, { same: 0, other: 2 }, "2 files are already here, all of another size"],
  [1, { same: 0, other: 1 }, "1 file is already here, of another size"],
])("describes %d taken paths %o", (conflict, conflicts, text) => {
  expect(conflictText(stateWith(filesIn({ conflict }), { conflicts: { ...conflicts, others: 0 } }))).toBe(text);
});

describe("the tray", () => {
  const uploading = stateWith(filesIn({ done: 1, queued: 1 }));
  const paused = stateWith(filesIn({ ready: 1 }), { paused: true });
  const failed = stateWith(filesIn({ done: 1, failed: 1 }));
  const halted = stateWith(filesIn({ ready: 1 }), { halted: failure("signed-out") });
  const done = stateWith(filesIn({ done: 1 }), { phase: "done" });

  it.each([
    ["needsPerson", [uploading, failed]],
    ["needsPerson", [halted]],
    ["moving", [uploading, paused, done]],
    ["paused", [paused, done]],
    ["paused", [stateWith(filesIn({ queued: 1 }), { phase: "idle", paused: true })]],
    ["moving", [stateWith([], { phase: "idle", adding: 1 })]],
    ["canceled", [stateWith([], { phase: "idle" })]],
    ["done", [done]],
    ["canceled", [stateWith([], { phase: "aborted" })]],
    ["needsPerson", [stateWith(filesIn({ ready: 1 }), { halted: failure("closed") })]],
    ["done", [stateWith([], { phase: "opening", halted: failure("finished") })]],
  ] as const)("%s", (mood, states) => expect(trayStateOf(states)).toBe(mood));

  it("has one progress for all uploads", () => {
    const half = { bytes: { planned: 100, sent: 50, kept: 0, failed: 0 } };
    expect(
      ratioOf([stateWith([], half), stateWith([], { bytes: { planned: 300, sent: 150, kept: 0, failed: 0 } })]),
    ).toBe(0.5);
    expect(ratioOf([])).toBe(0);
  });

  it("needs no attention during a slow check", () => {
    expect(needsPerson(stateWith(filesIn({ done: 1 }), { phase: "verifying", halted: failure("slow-check") }))).toBe(
      false,
    );
  });
});
