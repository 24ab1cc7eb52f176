import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { FileRow } from "@/components/upload/files/file-row";
import { ConflictChoices } from "@/components/upload/progress/conflict-choice";
import { tallyOf } from "@/components/upload/progress/tally";
import { UploadActions } from "@/components/upload/progress/upload-actions";
import { Notes, Trouble } from "@/components/upload/progress/upload-notices";
import { UploadSummary } from "@/components/upload/progress/upload-summary";
import { type FailureCode, failure } from "@/lib/uploader/state/failures";
import { type FileState, fileStates } from "@/lib/uploader/state/file";
import type { UploaderState } from "@/lib/uploader/state/state";
import { fileIn, filesIn, stateWith, uploaderIn } from "./upload-states";

const nothing = () => undefined;
const textOf = (html: string) => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

function buttonsOf(html: string): string[] {
  return [...html.matchAll(/<button([^>]*)>(.*?)<\/button>/g)].map(
    ([, attributes = "", inside = ""]) => /aria-label="([^"]*)"/.exec(attributes)?.[1] ?? textOf(inside).trim(),
  );
}

describe("a row", () => {
  const row = (state: FileState, more = {}) =>
    renderToStaticMarkup(
      <FileRow file={fileIn(state, 0, { path: "a.jpg", ...more })} count={1} actions={uploaderIn(stateWith([]))} />,
    );

  it.each(fileStates.map((state) => [state]))("has a label for a file that is %s", (state) => {
    expect(textOf(row(state))).toMatch(/a\.jpg \w+/);
  });

  it.each([
    ["posting", ["Pause a.jpg", "Cancel a.jpg"]],
    ["paused", ["Resume a.jpg", "Cancel a.jpg"]],
    ["conflict", ["Cancel a.jpg"]],
    ["failed", ["Retry a.jpg"]],
    ["checking", []],
    ["done", []],
    ["present", []],
  ] as const)("of a file that is %s has the buttons %o", (state, buttons) => {
    expect(buttonsOf(row(state))).toEqual(buttons);
  });

  it("has no buttons without actions", () => {
    const html = renderToStaticMarkup(<FileRow file={fileIn("posting")} count={1} actions={null} />);
    expect(html).not.toContain("<button");
  });

  it("shows how much of a file in parts arrived, and explains HEIC pictures", () => {
    const text = textOf(
      row("parts", { path: "a.HEIC", sizeBytes: 2_300_000_000, sentBytes: 940_000_000, note: "heic" }),
    );
    expect(text).toContain("40 %");
    expect(text).toContain("2.3 GB");
    expect(text).toMatch(/HEIC picture\. It is uploaded and kept/);
  });
});

describe("the choice about existing files", () => {
  const choice = (state: UploaderState, tally: { taken?: number; takenByOthers?: number } = {}) =>
    renderToStaticMarkup(
      <ConflictChoices state={state} uploader={uploaderIn(state)} tally={{ taken: 0, takenByOthers: 0, ...tally }} />,
    );
  const namesOf = (html: string) => buttonsOf(html).map((name) => name.split(" They")[0]);
  const none = { same: 0, other: 0, others: 0 };

  it("is asked once for all of them, with what each answer means", () => {
    const conflicts = { ...none, same: 1, other: 2 };
    const html = choice(stateWith(filesIn({ conflict: 3, posting: 1 }), { conflicts }), { taken: 3 });
    expect(textOf(html)).toContain("3 files are already here: 1 of the same size, 2 different");
    expect(namesOf(html)).toEqual(["New versions", "Skip them", "Keep both"]);
    expect(html).not.toContain('aria-pressed="true"');
  });

  it("never offers to replace other people's files", () => {
    const conflicts = { ...none, others: 2 };
    const html = choice(stateWith(filesIn({ conflict: 2, posting: 1 }), { conflicts }), { takenByOthers: 2 });
    expect(textOf(html)).toContain("2 files have the names of other people’s files");
    expect(namesOf(html)).toEqual(["Skip them", "Keep both"]);
    const one = choice(stateWith(filesIn({ conflict: 1 }), { conflicts: { ...none, others: 1 } }));
    expect(textOf(one)).toContain("1 file has the name of another person’s file");
  });

  it("is asked apart for files that can be replaced and for those of other people", () => {
    const state = stateWith(filesIn({ conflict: 2 }), { conflicts: { ...none, same: 1, others: 1 }, conflict: "skip" });
    const html = choice(state, { taken: 1, takenByOthers: 1 });
    expect(namesOf(html)).toEqual(["New versions", "Skip them", "Keep both", "Skip them", "Keep both"]);
    const decided = choice({ ...state, conflicts: none, othersConflict: "both" }, { taken: 1, takenByOthers: 1 });
    expect(textOf(decided)).toMatch(
      /1 file was already here: they are skipped\. .* another person’s file: both are kept\./,
    );
  });

  it("can be changed while files are taken, and is not shown afterwards", () => {
    const decided = { conflict: "skip" as const };
    const taken = { taken: 3 };
    expect(buttonsOf(choice(stateWith(filesIn({ skipped: 3, posting: 1 }), decided), taken))).toEqual(["Change"]);
    expect(choice(stateWith(filesIn({ skipped: 3 }), { ...decided, phase: "done" }), taken)).toBe("");
    expect(choice(stateWith(filesIn({ posting: 1 })))).toBe("");
  });
});

describe("the actions of an upload", () => {
  const actions = (state: UploaderState) =>
    buttonsOf(renderToStaticMarkup(<UploadActions state={state} uploader={uploaderIn(state)} onClose={nothing} />));

  it.each([
    [["Pause", "Cancel upload"], stateWith(filesIn({ posting: 1 }))],
    [["Resume", "Cancel upload"], stateWith(filesIn({ ready: 1 }), { paused: true })],
    [["Retry all failed", "Finish without them", "Cancel upload"], stateWith(filesIn({ failed: 1, done: 1 }))],
    [["Retry all failed", "Cancel upload"], stateWith(filesIn({ failed: 1 }))],
    [
      ["Not now"],
      stateWith([], { resumed: { id: "u", owner: "elsewhere" as const, plannedFiles: null, registeredFiles: 0 } }),
    ],
    ...(["closed", "gone", "finished"] as const).map((code): [string[], UploaderState] => [
      ["Close"],
      stateWith(filesIn({ ready: 1, failed: 1 }), { halted: failure(code) }),
    ]),
    [["Close"], stateWith(filesIn({ done: 1 }), { phase: "verifying", halted: failure("closed") })],
    [["Cancel upload"], stateWith(filesIn({ ready: 1 }), { halted: failure("signed-out") })],
    [["Resume", "Cancel upload"], stateWith(filesIn({ queued: 1 }), { phase: "idle", paused: true })],
    [
      ["Finish without them", "Not now", "Cancel upload"],
      stateWith(filesIn({ canceled: 1 }), {
        resumed: { id: "u", owner: "here" as const, plannedFiles: 4, registeredFiles: 0 },
      }),
    ],
    [[], stateWith(filesIn({ done: 1 }), { phase: "sealing" })],
    [["Close"], stateWith(filesIn({ done: 1 }), { phase: "done" })],
  ])("%o", (names, state) => expect(actions(state)).toEqual(names));
});

it("offers a retry where that can help", () => {
  const offered = (code: FailureCode) => {
    const state = stateWith(filesIn({ ready: 1 }), { halted: failure(code) });
    return buttonsOf(renderToStaticMarkup(<Trouble state={state} uploader={uploaderIn(state)} />));
  };
  expect(offered("signed-out")).toEqual(["Try again"]);
  expect(offered("slow-check")).toEqual(["Check again"]);
  expect(offered("not-opened")).toEqual(["Try again"]);
  expect([offered("closed"), offered("finished"), offered("gone")]).toEqual([[], [], []]);
});

it("counts notes of accepted files, not of skipped ones", () => {
  const files = ["a.heic", "b.HEIF", "c.pdf", "d.jpg"].map((path, id) => fileIn("done", id, { path }));
  const tally = tallyOf(stateWith([...files, fileIn("refused", 4, { path: "e.heic" })]).files);
  const text = textOf(renderToStaticMarkup(<Notes notes={tally.notes} />));
  expect(text).toMatch(/2 files: This is a HEIC picture\./);
  expect(text).toMatch(/1 file: The site does not know this picture format\./);
});

it("ends with the receipt in each format, if anything arrived", () => {
  const upload = { id: "u1", prefix: "p/" };
  const summary = (state: UploaderState) => renderToStaticMarkup(<UploadSummary state={state} />);
  const html = summary(stateWith(filesIn({ present: 1 }), { phase: "done", upload }));
  expect([...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href)).toEqual([
    "/api/v1/uploads/u1/receipt",
    "/api/v1/uploads/u1/receipt?format=sha256sums",
    "/api/v1/uploads/u1/receipt?format=bagit",
  ]);
  expect(summary(stateWith(filesIn({ skipped: 1 }), { phase: "done", upload }))).not.toContain("href");
});
