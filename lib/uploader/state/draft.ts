import { uploadPolicy } from "@/lib/upload/policy";
import type { Effect } from "./events";
import type { Failure } from "./failures";
import type { FileState, UploadFile } from "./file";
import { flyingOf, rewound, sentOf } from "./multipart";
import { shifted, withPushed } from "./queue";
import { leftToMove, type UploaderState } from "./state";
import { itemAt, withItemOf } from "./vector";

/** The state being made by one step: a shallow copy of the last one, whose parts are replaced, never changed. */
export type Draft = {
  state: { -readonly [Name in keyof UploaderState]: UploaderState[Name] } & {
    // Copied once for each step, and changed in place in it.
    counts: Record<FileState, number>;
    bytes: { planned: number; sent: number; kept: number; failed: number };
  };
  readonly effects: Effect[];
  readonly at: number;
  readonly random: number;
  /** Arrays made in this step. */
  readonly own: WeakSet<object>;
};

export function draftOf(state: UploaderState, at: number, random: number): Draft {
  const copied = { ...state, counts: { ...state.counts }, bytes: { ...state.bytes } };
  return { state: copied, effects: [], at, random, own: new WeakSet() };
}

const unplanned: ReadonlySet<FileState> = new Set(["refused", "canceled", "skipped"]);
const whole: ReadonlySet<FileState> = new Set(["checking", "completing", "present", "done"]);

export function plannedBytesOf(file: UploadFile): number {
  return unplanned.has(file.state) ? 0 : file.sizeBytes;
}

export function sentBytesOf(file: UploadFile): number {
  if (unplanned.has(file.state)) return 0;
  if (whole.has(file.state)) return file.sizeBytes;
  if (file.multipart) return sentOf(file.multipart);
  return file.state === "posting" ? file.sentBytes : 0;
}

export function keptBytesOf(file: UploadFile): number {
  if (unplanned.has(file.state)) return 0;
  return file.state === "present" ? file.sizeBytes : (file.multipart?.keptBytes ?? 0);
}

/** What is missing of a file that failed. */
export function failedBytesOf(file: UploadFile): number {
  return file.state === "failed" ? file.sizeBytes - sentBytesOf(file) : 0;
}

/** Whether it counts among the small files hashed ahead of their post. */
function isAhead(file: UploadFile): boolean {
  const { state, digests, multipart } = file;
  return (state === "hashing" && !isLarge(file)) || (state === "ready" && digests !== null && multipart === null);
}

function isLarge({ sizeBytes }: UploadFile): boolean {
  return sizeBytes >= uploadPolicy.multipartFromBytes;
}

function isHashedWhole(file: UploadFile): boolean {
  return file.state === "hashing" && isLarge(file);
}

export function fileOf(draft: Draft, fileId: number): UploadFile | undefined {
  const { files } = draft.state;
  return Number.isInteger(fileId) && fileId >= 0 && fileId < files.size ? itemAt(files, fileId) : undefined;
}

/** The file an event speaks of, if it is still in that try. */
export function current(
  draft: Draft,
  event: { fileId: number; run: number },
  ...states: FileState[]
): UploadFile | undefined {
  const file = fileOf(draft, event.fileId);
  return file?.run === event.run && states.includes(file.state) ? file : undefined;
}

/** The only place where a file changes: counts and bytes follow. */
export function setFile(draft: Draft, file: UploadFile, change: Partial<UploadFile>): UploadFile {
  const next = { ...file, ...change };
  draft.state.files = withItemOf(draft.state.files, file.id, next, draft.own);
  follow(draft, file, next);
  return next;
}

function follow(draft: Draft, file: UploadFile, next: UploadFile): void {
  const { state } = draft;
  if (next.state !== file.state) {
    state.counts[file.state] -= 1;
    state.counts[next.state] += 1;
    followConflicts(draft, file, next);
  }
  followLanes(draft, file, next);
  state.bytes.planned += plannedBytesOf(next) - plannedBytesOf(file);
  state.bytes.sent += sentBytesOf(next) - sentBytesOf(file);
  state.bytes.kept += keptBytesOf(next) - keptBytesOf(file);
  state.bytes.failed += failedBytesOf(next) - failedBytesOf(file);
  state.flying += flyingOf(next.multipart) - flyingOf(file.multipart);
  state.hashedAhead += Number(isAhead(next)) - Number(isAhead(file));
  state.hashedWhole += Number(isHashedWhole(next)) - Number(isHashedWhole(file));
}

function followLanes(draft: Draft, file: UploadFile, next: UploadFile): void {
  const { state } = draft;
  if (state.lanes.length === 0 || (file.state === next.state && file.multipart === next.multipart)) return;
  const more = state.lanes.map((_, index) => connectionsOn(next, index + 1) - connectionsOn(file, index + 1));
  if (more.every((by) => by === 0)) return;
  state.lanes = state.lanes.map((lane, index) => ({ ...lane, busy: lane.busy + (more[index] ?? 0) }));
}

function connectionsOn(file: UploadFile, lane: number): number {
  return file.state === "posting" ? Number(file.lane === lane) : flyingOf(file.multipart, lane);
}

function followConflicts(draft: Draft, file: UploadFile, next: UploadFile): void {
  const conflicts = { ...draft.state.conflicts };
  if (file.state === "asking") conflicts[file.exists ?? "other"] -= 1;
  if (next.state === "asking") conflicts[next.exists ?? "other"] += 1;
  if (file.state === "asking" || next.state === "asking") draft.state.conflicts = conflicts;
}

type QueueName = keyof UploaderState["queues"];

export function push(draft: Draft, queue: QueueName, fileId: number): void {
  const { state } = draft;
  state.queues = { ...state.queues, [queue]: withPushed(state.queues[queue], fileId) };
}

/** The first file of a queue for which `fits` says so; the others in front of it are done with, and drop out. */
export function takeFrom(draft: Draft, queue: QueueName, fits: (file: UploadFile) => boolean): UploadFile | undefined {
  const { state } = draft;
  let rest = state.queues[queue];
  // Not `for (let first = shifted(rest); …)`: of that Next 16.4's build forgets to rename the last call.
  for (;;) {
    const first = shifted(rest);
    if (!first) break;
    rest = first.rest;
    const file = itemAt(state.files, first.item);
    if (!fits(file)) continue;
    state.queues = { ...state.queues, [queue]: rest };
    return file;
  }
  if (rest !== state.queues[queue]) state.queues = { ...state.queues, [queue]: rest };
  return undefined;
}

/** No try was made yet. */
export const afresh = {
  failures: 0,
  failingSince: null,
  restarts: 0,
  rejections: 0,
  retryAt: null,
  sentBytes: 0,
} as const;

/** Of other bytes than before nothing is known. */
export const unknown = {
  ...{ digests: null, reported: false, mayBeKnown: false },
  ...{ multipart: null, exists: null, begunAt: null },
} as const;

const calm = { retryAt: null, failure: null, sentBytes: 0 } as const;

/** To be named to the server, for the first time or once more. */
export function toNaming(draft: Draft, file: UploadFile, change: Partial<UploadFile> = {}): void {
  const multipart = file.multipart && rewound(file.multipart);
  setFile(draft, file, { ...calm, multipart, ...change, state: "queued" });
  push(draft, "name", file.id);
}

/** To be sent: `again` before those that were not tried yet. */
export function toReady(draft: Draft, file: UploadFile, { again = false, ...change }: ReadyChange = {}): void {
  const ready = setFile(draft, file, { ...calm, ...change, state: "ready" });
  if (ready.multipart) push(draft, "large", file.id);
  else if (wantsHash(draft, ready)) pushToHash(draft, ready);
  else push(draft, again ? "again" : "post", file.id);
}

/** Large files have a queue of their own: small ones do not wait for gigabytes to be read. */
export function pushToHash(draft: Draft, file: UploadFile): void {
  push(draft, isLarge(file) ? "hashWhole" : "hash", file.id);
}

type ReadyChange = Partial<UploadFile> & { again?: boolean };

/** A small file is hashed before it is posted: the storage then checks what it gets, and the server what it has. */
function wantsHash({ state }: Draft, file: UploadFile): boolean {
  return state.hashes && file.digests === null && !file.reported;
}

function isWorkedAt({ state, multipart }: UploadFile): boolean {
  if (state === "posting" || state === "hashing") return true;
  return multipart?.window.some(({ stage }) => stage === "flying" || stage === "hashing") ?? false;
}

/** Stops whatever works on the file; its parts that arrived stay. */
export function interrupt(draft: Draft, file: UploadFile): UploadFile {
  const { effects } = draft;
  if (isWorkedAt(file)) effects.push({ type: "stop", fileId: file.id });
  if (file.retryAt !== null) effects.push({ type: "noTimer", timer: `file:${file.id}` });
  if (!file.multipart) return file;
  for (const { n, stage } of file.multipart.window)
    if (stage === "waiting") effects.push({ type: "noTimer", timer: `part:${file.id}:${n}` });
  return setFile(draft, file, { multipart: rewound(file.multipart), retryAt: null });
}

export function fail(draft: Draft, file: UploadFile, reason: Failure): void {
  const still = interrupt(draft, file);
  setFile(draft, still, { state: "failed", failure: reason, sentBytes: 0, retryAt: null });
}

/** Nothing more comes: the server may look at what is there. */
export function seal(draft: Draft, uploadId: string): void {
  draft.state.phase = "sealing";
  endOutage(draft); // what was sent last may be there without a word from the storage
  draft.effects.push(
    { type: "noTimer", timer: "policy:due" },
    { type: "noTimer", timer: "policy:over" },
    { type: "seal", uploadId },
  );
}

/** Nothing is started any more until the person acts; posts on their way may arrive. */
export function halt(draft: Draft, failure: UploaderState["halted"]): void {
  draft.state.halted = failure;
  if (failure) draft.state.finishing = false;
  endOutage(draft);
}

export function endOutage(draft: Draft): void {
  if (draft.state.outage) draft.effects.push({ type: "noTimer", timer: "probe" });
  draft.state.outage = null;
  draft.state.failuresInRow = 0;
}

/** Asks for a new policy where the one held ends and files are left to send. */
export function renewIfDue(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading" || state.halted || state.paused) return;
  if (state.renewing || !state.policy || !state.upload) return;
  if (!state.policy.renewDue && !state.policy.over) return;
  if (leftToMove(state) === 0) return;
  state.renewing = true;
  draft.effects.push({ type: "renew", uploadId: state.upload.id });
}
