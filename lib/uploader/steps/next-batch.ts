import { type Draft, fileOf, push, putFile, takeFrom } from "../state/draft";
import { failure } from "../state/failures";
import type { FileIn, UploadFile } from "../state/file";
import { shifted } from "../state/queue";
import { type Batch, outstanding } from "../state/state";
import { yieldLater } from "./passes";
import { toFailed, toRegistering } from "./transitions";

/** Files in one call. */
const filesAtMost = 1_000;
/** The first calls are short: posting begins with their answers. Each is so many times as long as the one before it. */
const firstFiles = 16;
const growth = 8;
/** Files without room of which the page is told at once. */
const failedAtOnce = 250;
/** So many files with digests to tell are worth a call while others are being hashed. */
const reportFrom = 250;

type Next = Omit<Batch, "trouble">;

/** What is to be told next: what will not come, what will, what became known of it; null where there is nothing. */
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

/** Not while files are being taken back: their room may be needed, and one of them may have come again. */
function registerSome(draft: Draft): Next | null {
  if (isCanceling(draft.state)) return null;
  const fileIds = takeHalf(draft) ?? takeUnregistered(draft);
  return fileIds.length > 0 ? { kind: "register", fileIds, paths: [] } : null;
}

/** Digests are told while files are being sent, so that nothing waits for them in the end. */
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

/** Of a batch that was cut in halves; what was canceled meanwhile is left out. */
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
    // One as small as this found no room.
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
  // What an earlier call still speaks of: two at once could change places on the wire.
  for (const fileId of later) push(draft, "register", fileId);
  // In the order in which the storage lists them: the server looks them up in one go.
  return taken.sort((a, b) => (a.path < b.path ? -1 : 1)).map((file) => file.id);
}

function takeReports(draft: Draft): readonly number[] {
  const taken: number[] = [];
  while (taken.length < filesAtMost) {
    const file = takeFrom(draft, "report", isToReport);
    if (!file) break;
    taken.push(file.id);
    // Until the answer is there it is not told again.
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

/** Whether the server knows the file's digests, noted in what is known of it. */
export function withReported<File extends Extract<UploadFile, { readonly known: unknown }>>(
  file: File,
  reported: boolean,
): File {
  return { ...file, known: { ...file.known, reported } };
}
