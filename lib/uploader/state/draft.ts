import { withConnections } from "./endpoints";
import type { Effect } from "./events";
import type { FileIn, FileState, UploadFile } from "./file";
import { failedBytesOf, isLarge, keptBytesOf, plannedBytesOf, sentBytesOf } from "./file-bytes";
import { shifted, withPushed } from "./queue";
import type { UploaderState } from "./state";
import { itemAt, withItemInPlace } from "./vector";

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
  /** Arrays made in this step: changed in place, as no earlier state has them. */
  readonly mutable: WeakSet<object>;
};

export function draftOf(state: UploaderState, at: number, random: number): Draft {
  const copied = { ...state, counts: { ...state.counts }, bytes: { ...state.bytes } };
  return { state: copied, effects: [], at, random, mutable: new WeakSet() };
}

/** Whether it counts among the small files hashed ahead of their post. */
function isAhead(file: UploadFile): boolean {
  if (file.state === "hashing") return !isLarge(file);
  return file.state === "ready" && file.known.digests !== null && file.known.multipart === null;
}

function isHashedWhole(file: UploadFile): boolean {
  return file.state === "hashing" && isLarge(file);
}

export function fileOf(draft: Draft, fileId: number): UploadFile | undefined {
  const { files } = draft.state;
  return Number.isInteger(fileId) && fileId >= 0 && fileId < files.size ? itemAt(files, fileId) : undefined;
}

/** The file of an event, if it is still in that attempt and in one of these states. */
export function current<State extends FileState>(
  draft: Draft,
  event: { fileId: number; run: number },
  ...states: State[]
): FileIn<State> | undefined {
  const file = fileOf(draft, event.fileId);
  return file?.run === event.run && isIn(file, states) ? file : undefined;
}

function isIn<State extends FileState>(file: UploadFile, states: readonly State[]): file is FileIn<State> {
  return (states as readonly FileState[]).includes(file.state);
}

/** Replaces the file with the same id and updates the counts and bytes. The only place where a file changes. */
export function putFile<File extends UploadFile>(draft: Draft, next: File): File {
  const before = itemAt(draft.state.files, next.id);
  draft.state.files = withItemInPlace(draft.state.files, next.id, next, draft.mutable);
  updateTotals(draft, before, next);
  return next;
}

function updateTotals(draft: Draft, file: UploadFile, next: UploadFile): void {
  const { state } = draft;
  if (next.state !== file.state) {
    state.counts[file.state] -= 1;
    state.counts[next.state] += 1;
    updateConflicts(draft, file, next);
  }
  state.endpoints = withConnections(state.endpoints, file, next);
  state.bytes.planned += plannedBytesOf(next) - plannedBytesOf(file);
  state.bytes.sent += sentBytesOf(next) - sentBytesOf(file);
  state.bytes.kept += keptBytesOf(next) - keptBytesOf(file);
  state.bytes.failed += failedBytesOf(next) - failedBytesOf(file);
  state.hashedAhead += Number(isAhead(next)) - Number(isAhead(file));
  state.hashedWhole += Number(isHashedWhole(next)) - Number(isHashedWhole(file));
}

function updateConflicts(draft: Draft, file: UploadFile, next: UploadFile): void {
  const conflicts = { ...draft.state.conflicts };
  if (file.state === "conflict") conflicts[file.exists] -= 1;
  if (next.state === "conflict") conflicts[next.exists] += 1;
  if (file.state === "conflict" || next.state === "conflict") draft.state.conflicts = conflicts;
}

type QueueName = keyof UploaderState["queues"];

export function push(draft: Draft, queue: QueueName, fileId: number): void {
  const { state } = draft;
  state.queues = { ...state.queues, [queue]: withPushed(state.queues[queue], fileId) };
}

/** Takes the first file that `fits` out of a queue; entries in front of it are stale and are dropped. */
export function takeFrom<File extends UploadFile>(
  draft: Draft,
  queue: QueueName,
  fits: (file: UploadFile) => file is File,
): File | undefined {
  const { state } = draft;
  let rest = state.queues[queue];
  // Not `for (let first = shifted(rest); …)`: Next 16.4's minifier forgets to rename its last call.
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
