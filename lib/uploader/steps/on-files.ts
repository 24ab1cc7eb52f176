import { type Draft, fileOf, push } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import { commonOf, type FileIn, isRevivable, type NewFile, noAttempts, type UploadFile, unhashed } from "../state/file";
import { noteOf } from "../state/notes";
import { sizeFailure } from "../state/preflight";
import { emptyQueue } from "../state/queue";
import { awaitsDecision, isDead, takesFiles } from "../state/state";
import { withAppended } from "../state/vector";
import { cancelRegistration } from "./file/cancel-file";
import { stopWork, toCanceled, toQueued, toRefused } from "./file/transitions";
import { onTriedAgain } from "./on-calls";
import { halt } from "./recovery/halt";
import { endPass, startPass } from "./register/passes";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

export function onWalkStarted(draft: Draft): void {
  if (!takesFiles(draft.state)) return;
  draft.state.adding += 1;
  draft.state.finishing = false;
}

export function onWalkEnded(draft: Draft): void {
  if (draft.state.adding > 0) draft.state.adding -= 1;
}

/** Files are added only while a folder is being read, which keeps the upload from being sealed meanwhile. */
export function onFilesAdded(draft: Draft, event: EventOf<"filesAdded">): void {
  const { state } = draft;
  if (!takesFiles(state) || state.adding === 0) return;
  const added = event.files.map((file, index) => newFile(state.files.size + index, file));
  for (const { id, state: begins, sizeBytes } of added) {
    state.counts[begins] += 1;
    if (begins === "refused") continue;
    state.bytes.planned += sizeBytes;
    push(draft, "register", id);
  }
  if (state.files.size === 0) state.label = rootOf(event.files[0]?.path);
  if (state.label !== null && event.files.some((file) => rootOf(file.path) !== state.label)) state.label = null;
  state.files = withAppended(state.files, added);
  state.leftOut = { system: state.leftOut.system + event.system, twice: state.leftOut.twice + event.twice };
  state.startedAt ??= draft.at;
}

function newFile(id: number, { path, foundAs, sizeBytes, lastModified, contentType, refusal }: NewFile): UploadFile {
  // One literal with the fields of `activeIn` in their order: see there.
  const file: FileIn<"queued"> = {
    id,
    path,
    foundAs: foundAs ?? null,
    sizeBytes,
    lastModified,
    contentType,
    note: refusal ? null : noteOf(path),
    exists: null,
    registered: false,
    inCall: false,
    run: 0,
    state: "queued",
    attempts: noAttempts,
    known: unhashed,
  };
  return refusal ? { ...commonOf(file), state: "refused", failure: refusal } : file;
}

function rootOf(path: string | undefined): string | null {
  const slash = path?.indexOf("/") ?? -1;
  return slash > 0 ? (path?.slice(0, slash) ?? null) : null;
}

/** The path of a failed or canceled file was added again: the new bytes take its place. */
export function onFileReplaced(draft: Draft, event: EventOf<"fileReplaced">): void {
  const file = fileOf(draft, event.fileId);
  if (!file || !takesFiles(draft.state) || !isRevivable(file)) return;
  const { sizeBytes, lastModified, contentType } = event;
  const problem = sizeFailure(sizeBytes);
  const note = problem ? null : noteOf(file.path);
  const common = { sizeBytes, lastModified, contentType, exists: null, note };
  if (problem) toRefused(draft, file, common, problem);
  else toQueued(draft, file, { common, known: unhashed });
  draft.state.finishing = false;
}

export function onFileCanceled(draft: Draft, event: EventOf<"fileCanceled">): void {
  const file = fileOf(draft, event.fileId);
  if (!file || !takesFiles(draft.state) || isSettledForGood(file)) return;
  stopWork(draft, file);
  cancelRegistration(draft, toCanceled(draft, file));
  draft.effects.push({ type: "releaseFile", fileId: file.id });
}

function isSettledForGood({ state }: UploadFile): boolean {
  return state === "done" || state === "present" || state === "refused" || state === "canceled" || state === "skipped";
}

export function onFileRetried(draft: Draft, event: EventOf<"fileRetried">): void {
  const file = fileOf(draft, event.fileId);
  if (file?.state !== "failed" || draft.state.phase !== "uploading") return;
  draft.state.quotaBelow = null;
  draft.state.finishing = false;
  toQueued(draft, file);
  onTriedAgain(draft);
}

export function onFailedRetried(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading") return;
  state.quotaBelow = null;
  startPass(draft, "retry");
  state.finishing = false;
  onTriedAgain(draft);
}

/** Finishes without the files that failed or were not added again, once all calls have ended. */
export function onFinished(draft: Draft): void {
  const { state } = draft;
  if (!awaitsDecision(state) || !state.upload) return;
  if (state.counts.done + state.counts.present === 0 && !state.resumed) return;
  halt(draft, null);
  endPass(draft, "retry");
  state.finishing = true;
}

/** Cancels the whole upload. If it is still being opened, `onOpened` aborts it on the server. */
export function onAllCanceled(draft: Draft): void {
  const { state } = draft;
  if (!takesFiles(state)) return;
  giveUp(draft);
}

/** Aborts the upload. */
export function giveUp(draft: Draft): void {
  const { state } = draft;
  const dead = isDead(state);
  draft.effects.push({ type: "stopAll" });
  state.passes = {};
  startPass(draft, "cancel");
  state.adding = 0;
  state.renewing = false;
  state.calls = {};
  state.batches = {};
  state.cancellations = emptyQueue;
  state.active = [];
  state.halted = null;
  state.outage = null;
  state.phase = "aborted";
  state.endedAt = draft.at;
  // Another tab owns it, or ended it: this one only stops waiting.
  if (dead) return;
  if (state.resumed && state.resumed.owner !== "here") return;
  const uploadId = state.upload?.id ?? state.resumed?.id;
  if (uploadId) draft.effects.push({ type: "abort", uploadId });
}
