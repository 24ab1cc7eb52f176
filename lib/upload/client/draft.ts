import type { Effect } from "./events";
import { type FileState, outstanding, type UploaderState, type UploadFile } from "./state";
import { itemAt, withItem } from "./vector";

/** The state being made by one step: a shallow copy of the last one, whose parts are replaced, never changed. */
export type Draft = {
  state: { -readonly [Name in keyof UploaderState]: UploaderState[Name] };
  readonly effects: Effect[];
  readonly at: number;
  readonly random: number;
};

const plannedStates: ReadonlySet<FileState> = new Set(["queued", "posting", "checking", "waiting", "done", "failed"]);

export function plannedBytesOf(file: UploadFile): number {
  return plannedStates.has(file.state) ? file.sizeBytes : 0;
}

export function sentBytesOf(file: UploadFile): number {
  if (file.state === "done" || file.state === "checking") return file.sizeBytes;
  return file.state === "posting" ? file.sentBytes : 0;
}

export function fileOf(draft: Draft, fileId: number): UploadFile | undefined {
  const { files } = draft.state;
  return Number.isInteger(fileId) && fileId >= 0 && fileId < files.size ? itemAt(files, fileId) : undefined;
}

/** The only place where a file changes: counts and bytes follow. */
export function setFile(draft: Draft, file: UploadFile, change: Partial<UploadFile>): UploadFile {
  const next = { ...file, ...change };
  const { state } = draft;
  state.files = withItem(state.files, file.id, next);
  if (next.state !== file.state) {
    const counts = { ...state.counts };
    counts[file.state] -= 1;
    counts[next.state] += 1;
    state.counts = counts;
  }
  const planned = plannedBytesOf(next) - plannedBytesOf(file);
  const sent = sentBytesOf(next) - sentBytesOf(file);
  if (planned !== 0 || sent !== 0)
    state.bytes = { planned: state.bytes.planned + planned, sent: state.bytes.sent + sent };
  return next;
}

/** The same for many files in one pass; `change` answers null for those that stay. */
export function setFiles(draft: Draft, change: (file: UploadFile) => Partial<UploadFile> | null): void {
  const { state } = draft;
  const counts = { ...state.counts };
  let { planned, sent } = state.bytes;
  const chunks = state.files.chunks.map((chunk) =>
    chunk.map((file) => {
      const changes = change(file);
      if (!changes) return file;
      const next = { ...file, ...changes };
      counts[file.state] -= 1;
      counts[next.state] += 1;
      planned += plannedBytesOf(next) - plannedBytesOf(file);
      sent += sentBytesOf(next) - sentBytesOf(file);
      return next;
    }),
  );
  state.files = { size: state.files.size, chunks };
  state.counts = counts;
  state.bytes = { planned, sent };
}

/** Nothing more comes: the server may look at what is there. */
export function seal(draft: Draft, uploadId: string): void {
  draft.state.phase = "sealing";
  draft.effects.push(
    { type: "noTimer", timer: "policy:due" },
    { type: "noTimer", timer: "policy:over" },
    { type: "seal", uploadId },
  );
}

/** Puts a file in the queue, before those that were not tried yet. */
export function enqueue(draft: Draft, file: UploadFile, change: Partial<UploadFile> = {}): void {
  const queued = setFile(draft, file, { retryAt: null, failure: null, sentBytes: 0, ...change, state: "queued" });
  if (queued.id < draft.state.nextFresh) draft.state.again = [...draft.state.again, queued.id];
}

/** Stops whatever works on the file. */
export function interrupt(draft: Draft, file: UploadFile): void {
  if (file.state === "posting") draft.effects.push({ type: "stopPost", fileId: file.id });
  if (file.state === "waiting") draft.effects.push({ type: "noTimer", timer: `file:${file.id}` });
}

/** Nothing is started any more until the person acts; posts on their way may arrive. */
export function halt(draft: Draft, failure: UploaderState["halted"]): void {
  draft.state.halted = failure;
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
  if (state.phase !== "uploading" || state.halted || state.renewing || !state.policy || !state.upload) return;
  if (!state.policy.renewDue && !state.policy.over) return;
  if (outstanding(state) === 0) return;
  state.renewing = true;
  draft.effects.push({ type: "renew", uploadId: state.upload.id });
}
