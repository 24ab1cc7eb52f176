import { type Draft, push, putFile } from "../../state/draft";
import type { Failure } from "../../state/failures";
import {
  type Active,
  type Attempts,
  type Common,
  commonOf,
  type FileIn,
  type FileState,
  type Known,
  knownOf,
  noAttempts,
  type PartsFile,
  type Post,
  type PostingFile,
  type Taken,
  type UnsettledFile,
  type UploadFile,
} from "../../state/file";
import { isLarge } from "../../state/file-bytes";
import type { Multipart } from "../../state/multipart";

// Each function makes the whole record of a file's next state, and queues or starts what belongs to it.

type Change = {
  readonly common?: Partial<Common>;
  readonly attempts?: Attempts;
  readonly known?: Known;
};

const noFailure = { failures: 0, failingSince: null } as const;

/** The attempts after a success. */
export function withoutFailure(attempts: Attempts): Attempts {
  return { ...attempts, ...noFailure };
}

/**
 * The record of a file in a state that adds nothing to `Active`. One literal, as spreading a record of another shape is
 * several times slower, and adding 10,000 files makes tens of thousands of records.
 */
function activeIn<State extends FileState>(
  file: UploadFile,
  state: State,
  { attempts, known, common }: Change = {},
): Active<State> {
  const { id, path, foundAs, sizeBytes, lastModified, contentType, note, exists, registered, inCall, run } = file;
  const active = {
    id,
    path,
    foundAs,
    sizeBytes,
    lastModified,
    contentType,
    note,
    exists,
    registered,
    inCall,
    run,
    state,
    attempts: attempts ?? ("attempts" in file ? file.attempts : noAttempts),
    known: known ?? knownOf(file),
  };
  return common ? { ...active, ...common } : active;
}

/** To be registered with the server, for the first time or once more. */
export function toQueued(draft: Draft, file: UploadFile, change: Change = {}): void {
  putFile(draft, activeIn(file, "queued", change));
  push(draft, "register", file.id);
}

/** Hashed before it is registered again: the collection may have it. */
export function toQueuedForHash(draft: Draft, file: FileIn<"registering">): void {
  putFile(draft, { ...file, known: { ...file.known, mayBeKnown: true }, state: "queued" });
  pushToHash(draft, file);
}

export function toRegistering(draft: Draft, file: FileIn<"queued">): void {
  putFile(draft, { ...file, state: "registering", registered: true, inCall: true });
}

/** Its path is taken: the person chooses. */
export function toConflict(draft: Draft, file: UnsettledFile, exists: Taken): FileIn<"conflict"> {
  return putFile(draft, { ...activeIn(file, "conflict"), exists });
}

/** To be sent. `again`: before files that were not sent yet. */
export function toReady(draft: Draft, file: UnsettledFile, { again = false, known }: ReadyChange = {}): void {
  const ready = putFile(draft, activeIn(file, "ready", known && { known }));
  if (ready.known.multipart) push(draft, "large", file.id);
  else if (wantsHash(draft, ready)) pushToHash(draft, ready);
  else push(draft, again ? "again" : "post", file.id);
}

type ReadyChange = { readonly again?: boolean; readonly known?: Known };

/** A small file is hashed before it is posted: storage and server verify its bytes by that. */
function wantsHash({ state }: Draft, { known }: FileIn<"ready">): boolean {
  return state.hashes && known.digests === null && !known.reported;
}

/** Large files have a queue of their own: small ones do not wait while gigabytes are read. */
function pushToHash(draft: Draft, file: UploadFile): void {
  push(draft, isLarge(file) ? "hashWhole" : "hash", file.id);
}

export function toHashing(draft: Draft, file: FileIn<"queued" | "ready">): FileIn<"hashing"> {
  return putFile(draft, { ...file, state: "hashing", run: file.run + 1 });
}

/** To be posted after hashing, with digests or without. */
export function toHashed(draft: Draft, file: FileIn<"hashing">, known: Known): void {
  putFile(draft, { ...file, known, state: "ready" });
  push(draft, "post", file.id);
}

type NewPost = Pick<Post, "endpoint" | "quiet"> & { readonly checked: boolean };

export function toPosting(draft: Draft, file: FileIn<"ready">, { endpoint, quiet, checked }: NewPost): PostingFile {
  const known = { ...file.known, lastPost: { checked } };
  const post = { endpoint, quiet, begunAt: draft.at, sentBytes: 0 };
  return putFile(draft, { ...file, known, post, state: "posting", run: file.run + 1 });
}

export function toParts(draft: Draft, file: FileIn<"ready">, multipart: Multipart): PartsFile {
  const begun = { retryAt: null, next: 1, window: [] };
  const attempts = withoutFailure(file.attempts);
  return putFile(draft, { ...file, ...begun, attempts, known: { ...file.known, multipart }, state: "parts" });
}

/** Stored; compared with the disk next. */
export function toChecking(draft: Draft, file: UnsettledFile, run = file.run): void {
  const attempts = file.attempts.failures === 0 ? file.attempts : withoutFailure(file.attempts);
  putFile(draft, { ...activeIn(file, "checking", { attempts }), run });
}

export function toCompleting(draft: Draft, file: FileIn<"checking">, multipart: Multipart): FileIn<"completing"> {
  return putFile(draft, { ...file, known: { ...file.known, multipart }, retryAt: null, state: "completing" });
}

type Wait = { readonly attempts: Attempts; readonly failure: Failure; readonly delayMs: number };

/** Waits for its next attempt. */
export function toWaiting(draft: Draft, file: PostingFile, { attempts, failure, delayMs }: Wait): void {
  putFile(draft, { ...file, attempts, failure, retryAt: draft.at + delayMs, state: "waiting" });
  draft.effects.push({ type: "timer", timer: `file:${file.id}`, delayMs });
}

export function toPaused(draft: Draft, file: UnsettledFile): void {
  stopWork(draft, file);
  putFile(draft, activeIn(file, "paused"));
}

export function toPresent(draft: Draft, file: FileIn<"registering">): void {
  putFile(draft, { ...commonOf(file), state: "present" });
  draft.effects.push({ type: "releaseFile", fileId: file.id });
}

export function toDone(draft: Draft, file: FileIn<"checking" | "completing">): void {
  const { digests, reported, multipart } = file.known;
  // Kept until the call with them is answered: it may have to be repeated.
  const kept = (digests !== null && !reported) || file.inCall ? digests : null;
  putFile(draft, {
    ...commonOf(file),
    state: "done",
    known: { digests: kept, reported },
    keptBytes: multipart?.keptBytes ?? 0,
  });
  draft.effects.push({ type: "releaseFile", fileId: file.id });
}

export function toSkipped(draft: Draft, file: UnsettledFile): FileIn<"skipped"> {
  return putFile(draft, { ...commonOf(file), state: "skipped" });
}

export function toFailed(
  draft: Draft,
  file: UnsettledFile,
  failure: Failure,
  change: Omit<Change, "attempts"> = {},
): void {
  stopWork(draft, file);
  const known = change.known ?? file.known;
  putFile(draft, { ...commonOf(file), ...change.common, known, failure, state: "failed" });
}

export function toRefused(draft: Draft, file: UploadFile, common: Partial<Common>, failure: Failure): void {
  putFile(draft, { ...commonOf(file), ...common, failure, state: "refused" });
}

export function toCanceled(draft: Draft, file: UploadFile): FileIn<"canceled"> {
  return putFile(draft, { ...commonOf(file), state: "canceled" });
}

function isWorkedOn(file: UploadFile): boolean {
  if (file.state === "posting" || file.state === "hashing") return true;
  return file.state === "parts" && file.window.some(({ stage }) => stage === "inFlight" || stage === "hashing");
}

/** Stops all work on the file and its timers. The caller sets its next state. */
export function stopWork({ effects }: Draft, file: UploadFile): void {
  if (isWorkedOn(file)) effects.push({ type: "stop", fileId: file.id });
  if ("retryAt" in file && file.retryAt !== null) effects.push({ type: "noTimer", timer: `file:${file.id}` });
  if (file.state !== "parts") return;
  for (const { n, stage } of file.window)
    if (stage === "waiting") effects.push({ type: "noTimer", timer: `part:${file.id}:${n}` });
}
