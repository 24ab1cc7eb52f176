import { ownEndpoint } from "@/lib/uploader/state/endpoints";
import { type Failure, failure } from "@/lib/uploader/state/failures";
import {
  type Common,
  type FileState,
  fileStates,
  noAttempts,
  type UploadFile,
  unhashed,
} from "@/lib/uploader/state/file";
import { sentBytesOf } from "@/lib/uploader/state/file-bytes";
import { initialState } from "@/lib/uploader/state/initial-state";
import { multipartOf } from "@/lib/uploader/state/multipart";
import { noteOf } from "@/lib/uploader/state/notes";
import type { UploaderState } from "@/lib/uploader/state/state";
import { emptyVector, withAppended } from "@/lib/uploader/state/vector";
import type { Uploader } from "@/lib/uploader/uploader";

/** A file as the engine keeps it. */
export function fileIn(state: FileState, id = 0, more: Partial<Common> & MoreInState = {}): UploadFile {
  const { retryAt = null, failure: why = failure("server"), sentBytes = 0, ...rest } = more;
  const path = rest.path ?? `site-1/IMG_${id}.jpg`;
  const found = { foundAs: null, sizeBytes: 1_000, lastModified: 1, contentType: "image/jpeg" };
  const common = { id, path, ...found, note: noteOf(path), exists: null, registered: true, inCall: false, run: 1 };
  const active = { ...common, ...rest, attempts: noAttempts, known: unhashed };
  const parts = multipartOf({ fileId: "", partSize: 500, partCount: 2, done: [] }, 1_000, null);
  const sent = { ...unhashed, multipart: { ...parts, arrivedBytes: sentBytes } };
  const post = { endpoint: 0, begunAt: 0, quiet: false, sentBytes };
  switch (state) {
    case "conflict":
      return { ...active, exists: "other", state };
    case "posting":
      return { ...active, post, state };
    case "parts":
      return { ...active, known: sent, next: 1, window: [], retryAt, state };
    case "completing":
      return { ...active, known: sent, retryAt, state };
    case "waiting":
      return { ...active, post, failure: why, retryAt: retryAt ?? 0, state };
    case "present":
    case "skipped":
    case "canceled":
      return { ...common, ...rest, state };
    case "done":
      return { ...common, ...rest, known: { digests: null, reported: false }, keptBytes: 0, state };
    case "failed":
      return { ...common, ...rest, known: unhashed, failure: why, state };
    case "refused":
      return { ...common, ...rest, failure: why, state };
    default:
      return { ...active, state };
  }
}

/** What only some states have. */
type MoreInState = { retryAt?: number; failure?: Failure; sentBytes?: number };

/** `{ done: 3, failed: 1 }` → four files, in that order. */
export function filesIn(states: Partial<Record<FileState, number>>, more: Partial<Common> = {}): UploadFile[] {
  const all = Object.entries(states).flatMap(([state, count]) => Array<FileState>(count).fill(state as FileState));
  return all.map((state, id) => fileIn(state, id, more));
}

/** A state with these files in it, uploading by default. */
export function stateWith(files: UploadFile[], more: Partial<UploaderState> = {}): UploaderState {
  const counts = { ...initialState().counts };
  for (const { state } of files) counts[state] += 1;
  for (const name of fileStates) if (!(name in counts)) throw new Error(`no count of ${name}`);
  const planned = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sent = files.reduce((sum, file) => sum + sentBytesOf(file), 0);
  return {
    ...initialState(),
    phase: "uploading",
    files: withAppended<UploadFile>(emptyVector, files),
    counts,
    endpoints: [{ ...ownEndpoint, busy: counts.posting }],
    bytes: { planned, sent, kept: 0, failed: 0 },
    ...more,
  };
}

/** An uploader that stays in a state, and the calls it got. */
export function uploaderIn(state: UploaderState): Uploader & { calls: string[]; set: (next: UploaderState) => void } {
  const calls: string[] = [];
  const listeners = new Set<() => void>();
  let shown = state;
  const note = (name: string) => (): void => {
    calls.push(name);
  };
  return {
    calls,
    set: (next) => {
      shown = next;
      for (const listener of listeners) listener();
    },
    getSnapshot: () => shown,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    add: async () => note("add")(),
    resume: note("resume"),
    pause: note("pause"),
    unpause: note("unpause"),
    pauseFile: note("pauseFile"),
    unpauseFile: note("unpauseFile"),
    cancelFile: note("cancelFile"),
    retryFile: note("retryFile"),
    retryFailed: note("retryFailed"),
    chooseConflict: note("chooseConflict"),
    chooseOthersConflict: note("chooseOthersConflict"),
    finish: note("finish"),
    cancelAll: note("cancelAll"),
    tryAgain: note("tryAgain"),
    setOnline: note("setOnline"),
    dispose: note("dispose"),
  };
}
