import { backoffMs, maxWait } from "../../state/backoff";
import { type Draft, fileOf } from "../../state/draft";
import type { Failure, PostFailure, Verdict } from "../../state/failures";
import type { PostingFile, UnsettledFile, WaitingFile } from "../../state/file";
import { toFailed, toQueued, toReady, toWaiting } from "../file/transitions";
import { noteStorageFailure } from "./endpoints";
import { halt } from "./halt";

/** So many files denied in a row: the cause is not the files. */
const deniedAtMost = 20;

/** Notes that a file or a part arrived: earlier refusals no longer count. */
export function noteStorageSuccess(draft: Draft): void {
  const { state } = draft;
  state.policyRefusals = 0;
  state.refusedInRow = 0;
  state.deniedInRow = 0;
}

/** Fails a file that the storage refused. The others continue, unless all are denied. */
export function stopFile(draft: Draft, file: UnsettledFile, reason: Failure): void {
  const { state } = draft;
  toFailed(draft, file, reason);
  state.deniedInRow = reason.code === "access-denied" ? state.deniedInRow + 1 : 0;
  if (state.deniedInRow >= deniedAtMost) halt(draft, reason);
}

/** Whether repeated failures are enough to give up. */
export function isHopeless(failures: number, failingSince: number, at: number): boolean {
  return failures >= maxWait.fileTries && at - failingSince >= maxWait.fileMs;
}

/** A file whose post failed waits, longer each time. */
export function retryLater(draft: Draft, file: PostingFile, post: PostFailure, verdict: Verdict): void {
  if (noteStorageFailure(draft, post, verdict)) {
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

/** Whether the whole body was sent when the connection broke: only the server can tell if it arrived. */
function mayHaveArrived({ sizeBytes, post }: PostingFile | WaitingFile): boolean {
  return post.quiet || post.sentBytes >= sizeBytes;
}

/** Sends the file again, or registers it again if it may have arrived. */
export function sendAgain(draft: Draft, file: PostingFile | WaitingFile): void {
  if (mayHaveArrived(file)) toQueued(draft, file);
  else toReady(draft, file, { again: true });
}

/** The wait of a file for its next attempt ended. */
export function onFileTimer(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (file?.state === "waiting") sendAgain(draft, file);
}
