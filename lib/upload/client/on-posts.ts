import { uploadPolicy } from "../policy";
import { backoffMs, patience } from "./backoff";
import { type Draft, endOutage, enqueue, fileOf, halt, renewIfDue, setFile } from "./draft";
import type { Look, UploaderEvent } from "./events";
import { type Failure, failure, judgePost, type PostFailure, type Verdict } from "./failures";
import { sizeFailure } from "./on-files";
import type { FileState, UploadFile } from "./state";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** So many files denied in a row, none taken in between: it is not about the files. */
const deniedAtMost = 20;

/** The file an event speaks of, if it is still in that try. */
function current(draft: Draft, event: { fileId: number; run: number }, state: FileState): UploadFile | undefined {
  const file = fileOf(draft, event.fileId);
  return file?.run === event.run && file.state === state ? file : undefined;
}

export function onProgressed(draft: Draft, event: EventOf<"progressed">): void {
  const file = current(draft, event, "posting");
  if (!file) return;
  const sentBytes = Math.min(file.sizeBytes, Math.max(0, event.sentBytes));
  if (sentBytes !== file.sentBytes) setFile(draft, file, { sentBytes });
}

/** The storage has it. The connection is free; whether it is what is on the disk is looked up meanwhile. */
export function onPosted(draft: Draft, event: EventOf<"posted">): void {
  const file = current(draft, event, "posting");
  if (!file) return;
  setFile(draft, file, { state: "checking", sentBytes: file.sizeBytes, failures: 0, failingSince: null });
  const { state } = draft;
  endOutage(draft);
  state.limit = Math.min(uploadPolicy.parallelPosts, state.limit + 1);
  state.policyRefusals = 0;
  state.deniedInRow = 0;
  draft.effects.push({ type: "look", fileId: file.id, run: file.run });
}

export function onLooked(draft: Draft, event: EventOf<"looked">): void {
  const file = current(draft, event, "checking");
  if (!file) return;
  const { look } = event;
  if (look && look.sizeBytes === file.sizeBytes && look.lastModified === file.lastModified) {
    setFile(draft, file, { state: "done" });
    draft.effects.push({ type: "letGo", fileId: file.id });
  } else restart(draft, file, look);
}

/** A post broke, and the file on the disk is not what it was. */
export function onChanged(draft: Draft, event: EventOf<"changed">): void {
  const file = current(draft, event, "posting");
  if (file) restart(draft, file, event.look);
}

/** Once with the new bytes; a file that goes on changing, or cannot be read, is reported. */
function restart(draft: Draft, file: UploadFile, look: Look): void {
  const problem = look === null || file.restarts > 0 ? failure("changed") : sizeFailure(look.sizeBytes);
  if (problem || !look) fail(draft, file, problem ?? failure("changed"));
  else enqueue(draft, file, { ...look, restarts: file.restarts + 1 });
}

function fail(draft: Draft, file: UploadFile, reason: Failure): void {
  setFile(draft, file, { state: "failed", failure: reason, sentBytes: 0, retryAt: null });
}

export function onPostFailed(draft: Draft, event: EventOf<"postFailed">): void {
  const file = current(draft, event, "posting");
  if (!file) return;
  const { policy } = draft.state;
  const mayBeOver = policy !== null && (policy.renewDue || policy.over || event.generation !== policy.generation);
  const verdict = judgePost(event.failure, mayBeOver);
  if (verdict.action === "retry") retryLater(draft, file, event.failure, verdict);
  else if (verdict.action === "renew") renewFirst(draft, file, event.generation, verdict.failure);
  else if (verdict.action === "halt") {
    enqueue(draft, file);
    halt(draft, verdict.failure);
  } else stopFile(draft, file, verdict.failure);
}

function stopFile(draft: Draft, file: UploadFile, reason: Failure): void {
  const { state } = draft;
  fail(draft, file, reason);
  state.deniedInRow = reason.code === "access-denied" ? state.deniedInRow + 1 : 0;
  if (state.deniedInRow >= deniedAtMost) halt(draft, reason);
}

/** The file waits for a new policy. Where the one just renewed is not taken either, nothing heals by itself. */
function renewFirst(draft: Draft, file: UploadFile, generation: number, reason: Failure): void {
  const { state } = draft;
  enqueue(draft, file);
  if (!state.policy || generation !== state.policy.generation || state.policy.over) return;
  state.policy = { ...state.policy, over: true };
  state.policyRefusals += 1;
  if (state.policyRefusals > 1) halt(draft, reason);
  else renewIfDue(draft);
}

function retryLater(draft: Draft, file: UploadFile, post: PostFailure, verdict: Verdict): void {
  const { state } = draft;
  if (state.failuresInRow === 0) state.rowSince = draft.at;
  state.failuresInRow += 1;
  if (verdict.slow) state.limit = Math.max(1, Math.floor(state.limit / 2));
  const offline = !state.online && post.kind === "network";
  if (state.outage || offline || state.failuresInRow >= patience.outageAfter) {
    enqueue(draft, file);
    waitOut(draft, verdict, offline);
    return;
  }
  const failures = file.failures + 1;
  const failingSince = file.failingSince ?? draft.at;
  if (failures >= patience.fileTries && draft.at - failingSince >= patience.fileMs) {
    fail(draft, file, verdict.failure);
    return;
  }
  const delayMs = backoffMs(failures, draft.random, verdict);
  const waiting = { failures, failingSince, sentBytes: 0, retryAt: draft.at + delayMs, failure: verdict.failure };
  setFile(draft, file, { ...waiting, state: "waiting" });
  draft.effects.push({ type: "timer", timer: `file:${file.id}`, delayMs });
}

/** All files wait together, and one is sent to see whether the storage is back. */
function waitOut(draft: Draft, verdict: Verdict, offline: boolean): void {
  const { state, at } = draft;
  const { outage } = state;
  // The other posts of the same moment fail too: they say nothing new.
  if (outage && !outage.probing) return;
  const since = outage?.since ?? state.rowSince;
  if (!offline && at - since >= patience.outageMs) {
    halt(draft, failure("unreachable"));
    return;
  }
  const failures = (outage?.failures ?? 0) + 1;
  const delayMs = offline ? patience.offlineProbeMs : backoffMs(failures, draft.random, verdict);
  state.outage = { since: offline ? at : since, failures, probing: false, retryAt: at + delayMs };
  draft.effects.push({ type: "timer", timer: "probe", delayMs });
}

export function onProbe(draft: Draft): void {
  const { state } = draft;
  if (state.outage) state.outage = { ...state.outage, probing: true };
}

export function onFileRang(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (file?.state === "waiting") enqueue(draft, file);
}
