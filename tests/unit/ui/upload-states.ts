import { type FileState, fileStates, type UploadFile } from "@/lib/uploader/state/file";
import { initialState } from "@/lib/uploader/state/initial-state";
import { noteOf } from "@/lib/uploader/state/notes";
import type { UploaderState } from "@/lib/uploader/state/state";
import { emptyVector, withAppended } from "@/lib/uploader/state/vector";
import type { Uploader } from "@/lib/uploader/uploader";

/** A file as the engine keeps it. */
export function fileIn(state: FileState, id = 0, more: Partial<UploadFile> = {}): UploadFile {
  const path = more.path ?? `site-1/IMG_${id}.jpg`;
  const calm = { run: 1, failures: 0, failingSince: null, restarts: 0, rejections: 0, retryAt: null, failure: null };
  const found = { foundAs: null, sizeBytes: 1_000, lastModified: 1, contentType: "image/jpeg", sentBytes: 0 };
  const known = {
    note: noteOf(path),
    exists: null,
    digests: null,
    named: true,
    asked: false,
    reported: false,
    checked: false,
    quiet: false,
    multipart: null,
    lane: 0,
    mayBeKnown: false,
    begunAt: 0,
  };
  return { id, path, state, ...calm, ...found, ...known, ...more };
}

/** `{ done: 3, failed: 1 }` → four files, in that order. */
export function filesIn(states: Partial<Record<FileState, number>>, more: Partial<UploadFile> = {}): UploadFile[] {
  const all = Object.entries(states).flatMap(([state, count]) => Array<FileState>(count).fill(state as FileState));
  return all.map((state, id) => fileIn(state, id, more));
}

/** A state with these files in it, uploading unless told otherwise. */
export function stateWith(files: UploadFile[], more: Partial<UploaderState> = {}): UploaderState {
  const counts = { ...initialState().counts };
  for (const { state } of files) counts[state] += 1;
  for (const name of fileStates) if (!(name in counts)) throw new Error(`no count of ${name}`);
  const planned = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sent = files.reduce((sum, file) => sum + (file.state === "done" ? file.sizeBytes : file.sentBytes), 0);
  return {
    ...initialState(),
    phase: "uploading",
    files: withAppended<UploadFile>(emptyVector, files),
    counts,
    bytes: { planned, sent, kept: 0, failed: 0 },
    ...more,
  };
}

/** An uploader that stays in one state and records its calls. */
export function uploaderIn(state: UploaderState): Uploader & { asked: string[]; set: (next: UploaderState) => void } {
  const asked: string[] = [];
  const listeners = new Set<() => void>();
  let shown = state;
  const note = (name: string) => (): void => {
    asked.push(name);
  };
  return {
    asked,
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
    finish: note("finish"),
    cancelAll: note("cancelAll"),
    tryAgain: note("tryAgain"),
    setOnline: note("setOnline"),
    dispose: note("dispose"),
  };
}
