import { uploadPolicy } from "@/lib/upload/policy";
import { type Draft, fileOf, push, putFile, takeFrom } from "../../state/draft";
import { failure } from "../../state/failures";
import type { FileIn, UploadFile } from "../../state/file";
import { shifted } from "../../state/queue";
import { type Batch, outstanding } from "../../state/state";
import { toFailed, toRegistering } from "../file/transitions";
import { yieldLater } from "./passes";

const filesAtMost = uploadPolicy.maxFilesPerCall;
/** The first calls are short, as posting begins with their answers. Each is so many times longer than the one before. */
const firstFiles = 16;
const growth = 8;
/** Files that fail for lack of quota in one step. */
const failedAtOnce = 250;
/** Digests of so many files are worth a call while others are being hashed. */
const reportFrom = 250;

type Next = Omit<Batch, "trouble">;

/** The next call: cancellations first, then files to register, then digests; null where there is none. */
export function nextBatch(draft: Draft): Next | null {
  return cancelNext(draft) ?? registerSome(draft) ?? reportSome(draft);
}

function isCanceling({ batches }: Draft["state"]): boolean {
  return Object.values(batches).some(({ kind }) => kind === "cancel");
}

function cancelNext(draft: Draft): Next | null {
  const { state } = draft;
  if (isCanceling(state)) return null;
  const paths: string[] = [];
  while (paths.length < filesAtMost) {
    const first = shifted(state.cancellations);
    if (!first) break;
    state.cancellations = first.rest;
    paths.push(first.item);
  }
  return paths.length > 0 ? { kind: "cancel", fileIds: [], paths } : null;
}

/** Waits for cancellations: their quota may be needed, and a canceled path may have been added again. */
function registerSome(draft: Draft): Next | null {
  if (isCanceling(draft.state)) return null;
  const fileIds = takeHalf(draft) ?? takeUnregistered(draft);
  return fileIds.length > 0 ? { kind: "register", fileIds, paths: [] } : null;
}

/** Digests are registered while files are being sent, so that sealing does not wait for them. */
function reportSome(draft: Draft): Next | null {
  const { counts, queues, adding } = draft.state;
  const waiting = queues.report.size;
  const allHashed =
    adding === 0 &&
    counts.queued + counts.registering + counts.hashing + queues.hash.size + queues.hashWhole.size === 0;
  const last = adding === 0 && outstanding(draft.state) === 0;
  if (waiting === 0 || (waiting < reportFrom && !allHashed && !last)) return null;
  const fileIds = takeReports(draft);
  return fileIds.length > 0 ? { kind: "report", fileIds, paths: [] } : null;
}

/** Half of a batch that did not fit, without files that were canceled meanwhile. */
function takeHalf(draft: Draft): readonly number[] | null {
  const { state } = draft;
  for (;;) {
    const first = shifted(state.halves);
    if (!first) return null;
    state.halves = first.rest;
    const files = first.item
      .flatMap((fileId) => fileOf(draft, fileId) ?? [])
      .filter(({ state: is }) => is === "registering");
    for (const file of files) putFile(draft, { ...file, registered: true, inCall: true });
    if (files.length > 0) return files.map(({ id }) => id);
  }
}

function takeUnregistered(draft: Draft): readonly number[] {
  const { state } = draft;
  const taken: FileIn<"queued">[] = [];
  const later: number[] = [];
  const most = Math.min(filesAtMost, firstFiles * growth ** Math.min(9, state.nextBatch - 1));
  for (let failed = 0; taken.length < most; ) {
    const file = takeFrom(draft, "register", isQueued);
    if (!file) break;
    // A file of this size found no room.
    if (state.quotaBelow !== null && file.sizeBytes >= state.quotaBelow) {
      toFailed(draft, file, failure("quota"));
      failed += 1;
      if (failed < failedAtOnce) continue;
      yieldLater(draft);
      break;
    }
    if (file.inCall) {
      later.push(file.id);
      continue;
    }
    toRegistering(draft, file);
    taken.push(file);
  }
  // An earlier call about it is in flight: two at once could arrive in either order.
  for (const fileId of later) push(draft, "register", fileId);
  // In the order of the storage's listing: the server looks them up in one pass.
  return taken.sort((a, b) => (a.path < b.path ? -1 : 1)).map((file) => file.id);
}

function takeReports(draft: Draft): readonly number[] {
  const taken: number[] = [];
  while (taken.length < filesAtMost) {
    const file = takeFrom(draft, "report", isToReport);
    if (!file) break;
    taken.push(file.id);
    // Not again before the answer.
    putFile(draft, { ...withReported(file, true), inCall: true });
  }
  return taken;
}

type ReportableFile = FileIn<"ready" | "posting" | "checking" | "waiting" | "done">;
const reportable: ReadonlySet<string> = new Set<ReportableFile["state"]>([
  "ready",
  "posting",
  "checking",
  "waiting",
  "done",
]);

function isToReport(file: UploadFile): file is ReportableFile {
  if (!("known" in file) || !reportable.has(file.state)) return false;
  return file.known.digests !== null && !file.known.reported && !file.inCall;
}

function isQueued(file: UploadFile): file is FileIn<"queued"> {
  return file.state === "queued";
}

/** The file with a note whether the server knows its digests. */
export function withReported<File extends Extract<UploadFile, { readonly known: unknown }>>(
  file: File,
  reported: boolean,
): File {
  return { ...file, known: { ...file.known, reported } };
}
