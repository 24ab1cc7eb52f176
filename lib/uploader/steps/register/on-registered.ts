import { normalizePath } from "@/lib/path/policy";
import type { FileAnswer, FileToSend } from "@/lib/upload/schema";
import { type Draft, fileOf, push, putFile } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { type CallFailure, failure, failureOfCall } from "../../state/failures";
import type { FileIn, UploadFile } from "../../state/file";
import { multipartOf } from "../../state/multipart";
import { withPushed } from "../../state/queue";
import type { Batch } from "../../state/state";
import { onBatchEnd } from "../file/cancel-file";
import { recheck } from "../file/settle-file";
import { toFailed, toPresent, toQueued, toQueuedForHash, toReady } from "../file/transitions";
import { halt } from "../recovery/halt";
import { retryOf } from "../recovery/retry-call";
import { nextBatch, withReported } from "./next-batch";
import { handleConflict } from "./on-conflicts";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** So many files rejected in a row, each in a call of its own: the cause is not the files. */
const rejectedAtMost = 20;
/** Calls in flight. */
const callsAtMost = 2;

/** Makes the next calls: cancellations, registrations and digests. */
export function registerNext(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading" || state.halted || state.paused || !state.upload) return;
  retryDueBatches(draft);
  while (Object.keys(state.batches).length < callsAtMost) {
    const next = nextBatch(draft);
    if (!next) return;
    send(draft, { ...next, trouble: null });
  }
}

function send(draft: Draft, batch: Batch): void {
  const { state } = draft;
  const number = state.nextBatch;
  state.nextBatch += 1;
  state.batches = { ...state.batches, [number]: batch };
  callBatch(draft, number, batch);
}

function callBatch(draft: Draft, number: number, { kind, fileIds, paths }: Batch): void {
  const { upload } = draft.state;
  if (!upload) return;
  if (kind === "cancel") {
    draft.effects.push({ type: "cancelFiles", uploadId: upload.id, batch: number, paths });
    return;
  }
  const files = fileIds.flatMap((fileId) => toSend(fileOf(draft, fileId)) ?? []);
  draft.effects.push({
    type: kind === "report" ? "registerChecksums" : "files",
    uploadId: upload.id,
    batch: number,
    files,
  });
}

function toSend(file: UploadFile | undefined): FileToSend | null {
  if (!file) return null;
  const { path, foundAs, sizeBytes, contentType, lastModified } = file;
  const { sha256, md5 } = ("known" in file && file.known.digests) || {};
  const known = { ...(sha256 && { sha256 }), ...(md5 && { md5 }) };
  // A file that was renamed so that both are kept is known by its new name.
  const sent = foundAs !== null && normalizePath(foundAs) === path ? { sentAs: foundAs } : {};
  return { path, ...sent, size: sizeBytes, type: contentType, modifiedAt: lastModified, ...known };
}

function removeBatch(draft: Draft, number: number): Batch | undefined {
  const { [number]: batch, ...rest } = draft.state.batches;
  draft.state.batches = rest;
  return batch;
}

export function onFilesAnswered(draft: Draft, event: EventOf<"filesAnswered">): void {
  const batch = draft.state.batches[event.batch];
  if (!batch) return;
  const { from = 0, inAll = event.files.length } = event;
  if (batch.fileIds.length !== inAll) {
    const why: CallFailure = { code: "INTERNAL", message: null, retryAfterSeconds: null };
    onFilesFailed(draft, { type: "filesFailed", batch: event.batch, failure: why });
    return;
  }
  if (from + event.files.length >= inAll) removeBatch(draft, event.batch);
  draft.state.rejectedInRow = 0;
  const answers = event.files.map((answer, index) => ({ answer, fileId: batch.fileIds[from + index] ?? -1 }));
  // Files are sent in the order of the list on the screen.
  for (const { answer, fileId } of answers.sort((a, b) => a.fileId - b.fileId)) {
    const registered = fileOf(draft, fileId);
    if (!registered) continue;
    const file = onBatchEnd(draft, registered);
    if (file.state === "registering") onAnswer(draft, file, answer);
  }
}

export function onRegisteredMore(draft: Draft, event: EventOf<"registeredMore">): void {
  for (const fileId of removeBatch(draft, event.batch)?.fileIds ?? []) {
    const file = fileOf(draft, fileId);
    if (file) forget(draft, onBatchEnd(draft, file));
  }
}

export function onFilesCanceled(draft: Draft, event: EventOf<"filesCanceled">): void {
  removeBatch(draft, event.batch);
}

/** Drops digests that the server knows, once the file is sent: its form carries one. */
function forget(draft: Draft, file: UploadFile): void {
  if (file.state === "done") putFile(draft, { ...file, known: { ...file.known, digests: null } });
}

function onAnswer(draft: Draft, file: FileIn<"registering">, answer: FileAnswer): void {
  const { attempts, known } = file;
  // Parts that could not be completed are sent again, unless this page sent them.
  const done = attempts.rejections > 1 ? [] : (answer.multipart?.done ?? []);
  const earlier = attempts.rejections > 1 ? null : known.multipart;
  const multipart = answer.multipart ? multipartOf({ ...answer.multipart, done }, file.sizeBytes, earlier) : null;
  const exists = answer.status === "conflict" ? "others" : (answer.exists ?? null);
  const reported = known.reported || known.digests !== null;
  const next = putFile(draft, { ...file, exists, known: { ...known, multipart, reported } });
  if (answer.status === "present") handlePresent(draft, next);
  else if (known.digests === null && draft.state.hashes && !known.mayBeKnown && mayBeThere(answer))
    toQueuedForHash(draft, next);
  else sendUnlessTaken(draft, next);
}

/** The storage has the file: it was sent before and the answer was lost, or nothing need be sent. */
function handlePresent(draft: Draft, file: FileIn<"registering">): void {
  if (file.known.lastPost) recheck(draft, file);
  else toPresent(draft, file);
}

/** A file of the same size at the same path is most often the same file. */
function mayBeThere({ mayBeKnown, exists }: FileAnswer): boolean {
  return mayBeKnown === true || exists === "same";
}

/** Sends a registered file, unless its path is taken in the collection. */
export function sendUnlessTaken(draft: Draft, file: FileIn<"registering" | "hashing">): void {
  if (file.exists) handleConflict(draft, file, file.exists);
  else toReady(draft, file);
}

export function onFilesFailed(draft: Draft, event: EventOf<"filesFailed">): void {
  const { state, at } = draft;
  const batch = state.batches[event.batch];
  if (!batch) return;
  const why = event.failure;
  const retry = retryOf(draft, batch.trouble, why);
  if (retry) {
    const { failures, since, delayMs } = retry;
    const waiting = { ...batch, trouble: { failures, since, retryAt: at + delayMs } };
    state.batches = { ...state.batches, [event.batch]: waiting };
    draft.effects.push({ type: "timer", timer: `batch:${event.batch}`, delayMs });
    return;
  }
  removeBatch(draft, event.batch);
  for (const fileId of batch.fileIds) {
    const file = fileOf(draft, fileId);
    if (file) onBatchEnd(draft, file);
  }
  if (batch.kind === "cancel") giveUpCancel(draft, batch, why);
  else if (batch.kind === "report") giveUpReport(draft, batch, why);
  else giveUpRegistering(draft, batch, why);
}

/** Whether the site rejects the content of the call. */
function isRejection({ code }: CallFailure): boolean {
  return code === "INVALID" || code === "TOO_LARGE" || code === "INTERNAL";
}

/** Digests are optional: those the site rejects are not sent again. */
function giveUpReport(draft: Draft, { fileIds }: Batch, why: CallFailure): void {
  for (const fileId of fileIds) {
    const file = fileOf(draft, fileId);
    if (!file) continue;
    if (isRejection(why)) forget(draft, file);
    else if ("known" in file) push(draft, "report", putFile(draft, withReported(file, false)).id);
  }
  if (!isRejection(why)) halt(draft, failureOfCall(why));
}

/** Files that cannot be canceled are reported as missing in the end; the others can be sealed. */
function giveUpCancel(draft: Draft, { paths }: Batch, why: CallFailure): void {
  if (isRejection(why)) return;
  const { state } = draft;
  for (const path of paths) state.cancellations = withPushed(state.cancellations, path);
  halt(draft, failureOfCall(why));
}

/** Too large together, or one of them is invalid: halves are tried, down to the files that are rejected. */
function giveUpRegistering(draft: Draft, { fileIds }: Batch, why: CallFailure): void {
  const { state } = draft;
  const divisible = why.code === "TOO_LARGE" || why.code === "INVALID";
  const middle = Math.ceil(fileIds.length / 2);
  if (divisible && fileIds.length > 1) {
    state.halves = withPushed(withPushed(state.halves, fileIds.slice(0, middle)), fileIds.slice(middle));
    return;
  }
  for (const fileId of fileIds) {
    const file = fileOf(draft, fileId);
    if (file?.state !== "registering") continue;
    if (!divisible) toQueued(draft, file);
    else if (why.code === "TOO_LARGE") outOfRoom(draft, file, why);
    else {
      toFailed(draft, file, failureOfCall(why));
      state.rejectedInRow += 1;
    }
  }
  if (!divisible || state.rejectedInRow >= rejectedAtMost) {
    state.rejectedInRow = 0;
    halt(draft, failureOfCall(why));
  }
}

function outOfRoom(draft: Draft, file: FileIn<"registering">, why: CallFailure): void {
  const { state } = draft;
  toFailed(draft, file, failure("quota", why.message));
  if (state.quotaBelow === null || file.sizeBytes < state.quotaBelow) state.quotaBelow = file.sizeBytes;
}

/** The call is made with the next step that may make calls. */
export function onBatchTimer(draft: Draft, number: number): void {
  const { state } = draft;
  const batch = state.batches[number];
  if (!batch?.trouble || batch.trouble.retryAt === null) return;
  const due = { ...batch, trouble: { ...batch.trouble, retryAt: draft.at } };
  state.batches = { ...state.batches, [number]: due };
}

function retryDueBatches(draft: Draft): void {
  const { state, at } = draft;
  for (const [name, batch] of Object.entries(state.batches)) {
    const { trouble } = batch;
    if (!trouble || trouble.retryAt === null || trouble.retryAt > at) continue;
    const number = Number(name);
    draft.effects.push({ type: "noTimer", timer: `batch:${number}` });
    const sent = { ...batch, trouble: { ...trouble, retryAt: null } };
    state.batches = { ...state.batches, [number]: sent };
    callBatch(draft, number, sent);
  }
}

/** Makes all waiting calls now. */
export function retryBatchesNow(draft: Draft): void {
  for (const number of Object.keys(draft.state.batches).map(Number)) onBatchTimer(draft, number);
}
