import { type Draft, fileOf, putFile } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { type CallFailure, type Failure, failure, failureOfCall } from "../../state/failures";
import type { FileIn, PartsFile } from "../../state/file";
import { type Multipart, rangeOf } from "../../state/multipart";
import { itemAt } from "../../state/vector";
import { stopWork, toCompleting, toDone, toFailed, toQueued, withoutFailure } from "../file/transitions";
import { halt } from "../recovery/halt";
import { retryOf } from "../recovery/retry-call";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** Restarts of a file whose parts the storage lost or does not complete. */
const rejectionsAtMost = 3;

type WithParts = PartsFile | FileIn<"completing">;

/** All parts arrived and the file did not change: has the server complete them. */
export function startCompleting(draft: Draft, file: FileIn<"checking">, multipart: Multipart): void {
  requestCompletion(draft, toCompleting(draft, file, multipart));
}

function requestCompletion(draft: Draft, { id, known: { multipart }, sizeBytes }: FileIn<"completing">): void {
  const { upload } = draft.state;
  if (!upload) return;
  const { fileId: multipartId, partCount, etags, crcs } = multipart;
  const numbers = Array.from({ length: partCount }, (_, index) => index + 1);
  const parts = numbers.flatMap((n) => {
    const etag = itemAt(etags, n - 1);
    return etag ? [{ n, etag }] : [];
  });
  const pieces = numbers.flatMap((n) => {
    const crc = itemAt(crcs, n - 1);
    const { start, end } = rangeOf(multipart, n, sizeBytes);
    return crc === null ? [] : [{ crc, sizeBytes: end - start }];
  });
  const request = { fileId: multipartId, parts };
  const whole = pieces.length === partCount ? pieces : null;
  draft.effects.push({ type: "complete", fileId: id, multipartId, uploadId: upload.id, request, pieces: whole });
}

/** The file that an answer about its parts is for; null if it was restarted meanwhile. */
export function ofMultipart<File extends WithParts>(
  draft: Draft,
  event: { fileId: number; multipartId: string },
  state: File["state"],
): File | null {
  const file = fileOf(draft, event.fileId);
  if (file?.state !== "parts" && file?.state !== "completing") return null;
  return file.state === state && file.known.multipart.fileId === event.multipartId ? (file as File) : null;
}

export function onCompleted(draft: Draft, event: EventOf<"completed">): void {
  const file = ofMultipart<FileIn<"completing">>(draft, event, "completing");
  if (file) toDone(draft, file);
}

export function onCompleteFailed(draft: Draft, event: EventOf<"completeFailed">): void {
  const file = ofMultipart<FileIn<"completing">>(draft, event, "completing");
  if (!file) return;
  if (waitForCall(draft, file, event.failure)) return;
  giveUpCall(draft, file, event.failure);
}

/** Retries a call about a file's parts later, on the file's timer. Returns false where it is given up. */
export function waitForCall(draft: Draft, file: WithParts, why: CallFailure): boolean {
  const { failures: before, failingSince } = file.attempts;
  const retry = retryOf(draft, failingSince === null ? null : { failures: before, since: failingSince }, why);
  if (!retry) return false;
  const { failures, since, delayMs } = retry;
  const attempts = { ...file.attempts, failures, failingSince: since };
  putFile(draft, { ...file, attempts, retryAt: draft.at + delayMs });
  draft.effects.push({ type: "timer", timer: `file:${file.id}`, delayMs });
  return true;
}

/** A call about one file's parts failed for good: restarts the file, or halts the upload. */
export function giveUpCall(draft: Draft, file: WithParts, why: CallFailure): void {
  const reset = { ...file, attempts: withoutFailure(file.attempts) };
  if (why.code === "NOT_FOUND" || why.code === "CONFLICT" || why.code === "INVALID")
    registerAgain(draft, reset, why.code === "INVALID" ? failureOfCall(why) : failure("server"));
  else {
    stopWork(draft, reset);
    toQueued(draft, reset);
    halt(draft, failureOfCall(why));
  }
}

/** Registers the file again, to learn what the server has of it. After a few times it fails with `reason`. */
export function registerAgain(draft: Draft, file: WithParts, reason: Failure): void {
  const rejections = file.attempts.rejections + 1;
  if (rejections > rejectionsAtMost) {
    toFailed(draft, file, reason);
    return;
  }
  stopWork(draft, file);
  toQueued(draft, file, { attempts: { ...file.attempts, rejections } });
}

export function onCompleteTimer(draft: Draft, file: FileIn<"completing">): void {
  requestCompletion(draft, putFile(draft, { ...file, retryAt: null }));
}
