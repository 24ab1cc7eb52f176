import { sizeProblem, uploadPolicy } from "../policy";
import { type Draft, enqueue, fileOf, halt, interrupt, seal, setFile, setFiles } from "./draft";
import type { UploaderEvent } from "./events";
import { type Failure, failure } from "./failures";
import { onTriedAgain } from "./on-calls";
import { awaitsDecision, type NewFile, takesFiles, type UploadFile } from "./state";
import { withAppended } from "./vector";

const afresh = { failures: 0, failingSince: null, restarts: 0 } as const;

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

export function sizeFailure(sizeBytes: number): Failure | null {
  if (sizeProblem(sizeBytes) === null) return null;
  return failure(sizeBytes < uploadPolicy.minFileBytes ? "empty" : "too-large");
}

export function onWalkStarted(draft: Draft): void {
  if (takesFiles(draft.state)) draft.state.adding += 1;
}

export function onWalkEnded(draft: Draft): void {
  if (draft.state.adding > 0) draft.state.adding -= 1;
}

/** Files come only while a folder is being read, which keeps the upload from being sealed meanwhile. */
export function onFilesAdded(draft: Draft, event: EventOf<"filesAdded">): void {
  const { state } = draft;
  if (!takesFiles(state) || state.adding === 0) return;
  let { planned } = state.bytes;
  let { queued, refused } = state.counts;
  const added = event.files.map((file, index): UploadFile => {
    if (file.refusal) refused += 1;
    else {
      queued += 1;
      planned += file.sizeBytes;
    }
    return newFile(state.files.size + index, file);
  });
  if (state.files.size === 0) state.label = rootOf(event.files[0]?.path);
  if (state.label !== null && event.files.some((file) => rootOf(file.path) !== state.label)) state.label = null;
  state.files = withAppended(state.files, added);
  state.counts = { ...state.counts, queued, refused };
  state.bytes = { ...state.bytes, planned };
  state.leftOut = { system: state.leftOut.system + event.system, twice: state.leftOut.twice + event.twice };
  state.startedAt ??= draft.at;
}

function newFile(id: number, { refusal, ...file }: NewFile): UploadFile {
  const state = refusal ? "refused" : "queued";
  const rest = { sentBytes: 0, run: 0, failures: 0, failingSince: null, restarts: 0, retryAt: null };
  return { id, ...file, ...rest, state, failure: refusal };
}

function rootOf(path: string | undefined): string | null {
  const slash = path?.indexOf("/") ?? -1;
  return slash > 0 ? (path?.slice(0, slash) ?? null) : null;
}

/** The same path was dropped again after it had failed or been canceled: the new bytes take its place. */
export function onFileReplaced(draft: Draft, event: EventOf<"fileReplaced">): void {
  const file = fileOf(draft, event.fileId);
  if (!file || !takesFiles(draft.state) || !isRevivable(file)) return;
  const { sizeBytes, lastModified, contentType } = event;
  const problem = sizeFailure(sizeBytes);
  const bytes = { sizeBytes, lastModified, contentType };
  if (problem) setFile(draft, file, { ...bytes, state: "refused", failure: problem });
  else enqueue(draft, file, { ...bytes, ...afresh });
}

/** Settled without having been sent, and free to be tried with other bytes. */
export function isRevivable(file: Pick<UploadFile, "state">): boolean {
  return file.state === "failed" || file.state === "canceled" || file.state === "refused";
}

export function onFileCanceled(draft: Draft, event: EventOf<"fileCanceled">): void {
  const file = fileOf(draft, event.fileId);
  if (!file || !takesFiles(draft.state)) return;
  if (file.state === "done" || file.state === "refused" || file.state === "canceled") return;
  interrupt(draft, file);
  setFile(draft, file, { state: "canceled", sentBytes: 0, retryAt: null });
  draft.effects.push({ type: "letGo", fileId: file.id });
}

export function onFileRetried(draft: Draft, event: EventOf<"fileRetried">): void {
  const file = fileOf(draft, event.fileId);
  if (file?.state !== "failed" || draft.state.phase !== "uploading") return;
  enqueue(draft, file, afresh);
  onTriedAgain(draft);
}

/** One pass over all files: done once for a click, not once for an event of the network. */
export function onFailedRetried(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading") return;
  setFiles(draft, (file) =>
    file.state === "failed" ? { ...afresh, state: "queued", failure: null, sentBytes: 0 } : null,
  );
  // Looked through from the start: cheaper than to queue them one by one.
  state.nextFresh = 0;
  onTriedAgain(draft);
}

/** Finish without the files that failed. */
export function onFinished(draft: Draft): void {
  const { state } = draft;
  if (awaitsDecision(state) && state.counts.done > 0 && state.upload) {
    halt(draft, null);
    seal(draft, state.upload.id);
  }
}

/** The whole upload is given up. While it is still being opened, `onOpened` tells the server. */
export function onAllCanceled(draft: Draft): void {
  const { state } = draft;
  if (!takesFiles(state)) return;
  giveUp(draft);
}

function isUnsettled({ state }: UploadFile): boolean {
  return state === "queued" || state === "posting" || state === "checking" || state === "waiting";
}

/** Ends the upload with nothing in it. */
export function giveUp(draft: Draft): void {
  const { state } = draft;
  draft.effects.push({ type: "stopAll" });
  setFiles(draft, (file) => (isUnsettled(file) ? { state: "canceled", sentBytes: 0, retryAt: null } : null));
  state.adding = 0;
  state.renewing = false;
  state.calls = {};
  state.halted = null;
  state.outage = null;
  state.phase = "aborted";
  state.endedAt = draft.at;
  if (state.upload) draft.effects.push({ type: "abort", uploadId: state.upload.id });
}
