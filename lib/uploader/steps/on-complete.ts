import { backoffMs, patience } from "../state/backoff";
import { type Draft, fail, fileOf, halt, interrupt, setFile, toNaming } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import { type CallFailure, type Failure, failure, failureOfCall, healsByItself } from "../state/failures";
import type { UploadFile } from "../state/file";
import { rangeOf } from "../state/multipart";
import { itemAt } from "../state/vector";
import { settleDone } from "./settle-file";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** A file whose parts the storage does not put together, or has lost, is begun again so many times. */
const rejectionsAtMost = 3;

/** All parts are there, and the file is still what they were cut from. */
export function beginCompleting(draft: Draft, file: UploadFile): void {
  askToComplete(draft, setFile(draft, file, { state: "completing" }));
}

function askToComplete(draft: Draft, { id, multipart, sizeBytes }: UploadFile): void {
  const { upload } = draft.state;
  if (!multipart || !upload) return;
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

/** The file an answer about its parts is for; null after it was begun again. */
export function ofMultipart(
  draft: Draft,
  event: { fileId: number; multipartId: string },
  state: "parts" | "completing",
): UploadFile | null {
  const file = fileOf(draft, event.fileId);
  return file?.state === state && file.multipart?.fileId === event.multipartId ? file : null;
}

export function onCompleted(draft: Draft, event: EventOf<"completed">): void {
  const file = ofMultipart(draft, event, "completing");
  if (file) settleDone(draft, file);
}

export function onCompleteFailed(draft: Draft, event: EventOf<"completeFailed">): void {
  const file = ofMultipart(draft, event, "completing");
  if (!file) return;
  if (waitForCall(draft, file, event.failure)) return;
  giveUpCall(draft, file, event.failure);
}

/** Repeats what heals by itself, on the file's own timer; false where that is over. */
export function waitForCall(draft: Draft, file: UploadFile, why: CallFailure): boolean {
  const { state, at, random } = draft;
  const failures = file.failures + 1;
  const failingSince = file.failingSince ?? at;
  const patient = at - failingSince < patience.callMs || !state.online;
  if (!healsByItself(why) || !patient || (why.code === "INTERNAL" && failures >= patience.fileTries)) return false;
  const delayMs = backoffMs(failures, random, { retryAfterSeconds: why.retryAfterSeconds });
  setFile(draft, file, { failures, failingSince, retryAt: at + delayMs });
  draft.effects.push({ type: "timer", timer: `file:${file.id}`, delayMs });
  return true;
}

/** A call about one file's parts failed for good: for the file, or for the whole upload. */
export function giveUpCall(draft: Draft, file: UploadFile, why: CallFailure): void {
  const calm = setFile(draft, file, { failures: 0, failingSince: null });
  if (why.code === "NOT_FOUND" || why.code === "CONFLICT" || why.code === "INVALID")
    nameAgain(draft, calm, why.code === "INVALID" ? failureOfCall(why) : failure("server"));
  else {
    toNaming(draft, interrupt(draft, calm));
    halt(draft, failureOfCall(why));
  }
}

/** The server is asked what there is of the file; after a few times it is given up for `reason`. */
export function nameAgain(draft: Draft, file: UploadFile, reason: Failure): void {
  const rejections = file.rejections + 1;
  if (rejections > rejectionsAtMost) fail(draft, file, reason);
  else toNaming(draft, interrupt(draft, file), { rejections });
}

export function onCompleteRang(draft: Draft, file: UploadFile): void {
  askToComplete(draft, setFile(draft, file, { retryAt: null }));
}
