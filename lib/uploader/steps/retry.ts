import { backoffMs, maxWait } from "../state/backoff";
import { type Draft, fileOf } from "../state/draft";
import type { Failure, PostFailure, Verdict } from "../state/failures";
import type { PostingFile, UnsettledFile, WaitingFile } from "../state/file";
import { noteStorageFailure } from "./endpoints";
import { halt } from "./halt";
import { toFailed, toQueued, toReady, toWaiting } from "./transitions";

/** So many files denied in a row, none taken in between: it is not about the files. */
const deniedAtMost = 20;

/** A file or a part arrived: the storage is there, and takes what it is sent. */
export function noteStorageSuccess(draft: Draft): void {
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

/** Whether something that fails again and again is to be given up. */
export function isHopeless(failures: number, failingSince: number, at: number): boolean {
  return failures >= maxWait.fileTries && at - failingSince >= maxWait.fileMs;
}

/** A file that is posted waits by itself, longer each time. */
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
export function onFileTimer(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (file?.state === "waiting") sendAgain(draft, file);
}
