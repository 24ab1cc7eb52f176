import { backoffMs, patience } from "../state/backoff";
import { type Draft, fileOf } from "../state/draft";
import { type Failure, failure, type PostFailure, type Verdict } from "../state/failures";
import type { PostingFile, UnsettledFile, WaitingFile } from "../state/file";
import { halt } from "./halt";
import { toFailed, toQueued, toReady, toWaiting } from "./transitions";

/** So many files denied in a row, none taken in between: it is not about the files. */
const deniedAtMost = 20;

/** A file or a part arrived: the storage is there, and takes what it is sent. */
export function wentWell(draft: Draft): void {
  const { state } = draft;
  state.policyRefusals = 0;
  state.refusedInRow = 0;
  state.deniedInRow = 0;
}

/** The storage will not take this file; the others go on, unless it takes none. */
export function stopFile(draft: Draft, file: UnsettledFile, reason: Failure): void {
  const { state } = draft;
  toFailed(draft, file, reason);
  state.deniedInRow = reason.code === "access-denied" ? state.deniedInRow + 1 : 0;
  if (state.deniedInRow >= deniedAtMost) halt(draft, reason);
}

/** Notes that something could not be sent this time; gives whether all wait together now. */
export function waitsTogether(draft: Draft, post: PostFailure, verdict: Verdict): boolean {
  const { state } = draft;
  if (state.failuresInRow === 0) state.rowSince = draft.at;
  state.failuresInRow += 1;
  if (verdict.slow) state.limit = Math.max(1, Math.floor(state.limit / 2));
  const offline = !state.online && post.kind === "network";
  if (!state.outage && !offline && state.failuresInRow < patience.outageAfter) return false;
  waitOut(draft, verdict, offline);
  return true;
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

/** Whether something that fails again and again is to be given up. */
export function isHopeless(failures: number, failingSince: number, at: number): boolean {
  return failures >= patience.fileTries && at - failingSince >= patience.fileMs;
}

/** A file that is posted waits by itself, longer each time. */
export function retryLater(draft: Draft, file: PostingFile, post: PostFailure, verdict: Verdict): void {
  if (waitsTogether(draft, post, verdict)) {
    sendAgain(draft, file);
    return;
  }
  const failures = file.attempts.failures + 1;
  const failingSince = file.attempts.failingSince ?? draft.at;
  if (isHopeless(failures, failingSince, draft.at)) {
    toFailed(draft, file, verdict.failure);
    return;
  }
  const attempts = { ...file.attempts, failures, failingSince };
  toWaiting(draft, file, { attempts, failure: verdict.failure, delayMs: backoffMs(failures, draft.random, verdict) });
}

/** The body had gone out whole when the connection broke: it may have arrived, which the server can tell. */
function mayHaveArrived({ sizeBytes, post }: PostingFile | WaitingFile): boolean {
  return post.quiet || post.sentBytes >= sizeBytes;
}

/** Where all its bytes went out, the server is asked first: it may be there. */
export function sendAgain(draft: Draft, file: PostingFile | WaitingFile): void {
  if (mayHaveArrived(file)) toQueued(draft, file);
  else toReady(draft, file, { again: true });
}

/** A file's own timer, while it waits for its next try. */
export function onFileRang(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (file?.state === "waiting") sendAgain(draft, file);
}
