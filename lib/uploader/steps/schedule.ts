import { type Draft, putFile, takeFrom } from "../state/draft";
import { type Endpoint, endpointAt } from "../state/endpoints";
import { type FileIn, smallBytes, type UploadFile } from "../state/file";
import { rangeOf, withPart } from "../state/multipart";
import { isDead, missingFiles, outstanding, partsOnTheirWay, type UploaderState } from "../state/state";
import { hasRoom } from "./endpoints";
import { halt, renewIfDue, seal } from "./halt";
import { callDue, makeCall } from "./on-calls";
import { giveUp } from "./on-files";
import { hashNext } from "./on-hashes";
import { registerNext } from "./on-registered";
import { prepareParts, takeSigned } from "./part-windows";
import { toPosting } from "./transitions";

/** So many files are enough to open the upload while folders are still being read, or so much time. */
const openFromFiles = 1_000;
const openAfterMs = 1_000;
/** A post that takes so long is one whose progress can be seen. */
const quickMs = 1_000;

/** After every event: what follows from the state as it is now. */
export function advance(draft: Draft): void {
  callDue(draft);
  openWhenReady(draft);
  registerNext(draft);
  hashNext(draft);
  prepareParts(draft);
  fill(draft);
  settle(draft);
}

/** The upload is opened once the folders are read, as the server is then told how much will come; or soon. */
function openWhenReady(draft: Draft): void {
  const { state, at } = draft;
  if (state.phase !== "idle" || state.counts.queued === 0 || state.paused) return;
  const soon = state.counts.queued >= openFromFiles || at - (state.startedAt ?? at) >= openAfterMs;
  if (state.adding > 0 && !soon) return;
  state.phase = "opening";
  makeCall(draft, "open");
}

/** Every file has its end: without failures the upload is sealed by itself, else the person decides. */
function settle(draft: Draft): void {
  const { state } = draft;
  const { counts } = state;
  if (state.adding > 0 || outstanding(state) > 0) return;
  // Nothing is held back by a pause any more, and nobody is asked to end it.
  state.paused = false;
  if (state.files.size === 0) return;
  // Nothing is left to open the upload for.
  if (state.phase === "opening" && state.halted && counts.failed === 0 && !state.resumed) giveUp(draft);
  if (state.phase !== "uploading" || isDead(state)) return;
  const told = state.queues.report.size === 0 && state.cancellations.size === 0;
  if (state.halted && counts.failed === 0 && told) halt(draft, null);
  if (state.halted || !state.upload) return;
  if (!state.finishing && (counts.failed > 0 || missingFiles(state) > 0)) return;
  if (!state.finishing && counts.done + counts.present === 0) {
    // What was sent before it was resumed is not given up by itself.
    if (!state.resumed) giveUp(draft);
    return;
  }
  // The server is to know the digests, and what will not come, before it checks.
  registerNext(draft);
  if (Object.keys(state.batches).length === 0 && state.cancellations.size === 0) seal(draft, state.upload.id);
}

function mayPost({ policy }: UploaderState): boolean {
  return policy !== null && !policy.expired;
}

function fill(draft: Draft): void {
  const { state } = draft;
  if (state.counts.ready > 0) renewIfDue(draft);
  if (state.halted || state.paused || state.phase !== "uploading") return;
  for (let endpoint = 0; endpoint < state.endpoints.length; endpoint += 1)
    while (hasRoom(state, endpoint)) if (!startOne(draft, endpoint)) break;
}

/**
 * Small files and parts of large ones take turns, so that neither starves: the kind with fewer connections comes first,
 * of two equal ones the one that did not come last.
 */
function startOne(draft: Draft, endpoint: number): boolean {
  const { counts, lastKind } = draft.state;
  const parts = partsOnTheirWay(draft.state);
  const partFirst = parts < counts.posting || (parts === counts.posting && lastKind === "post");
  if (partFirst) return startPart(draft, endpoint) || startPost(draft, endpoint);
  return startPost(draft, endpoint) || startPart(draft, endpoint);
}

function isToPost(file: UploadFile): file is FileIn<"ready"> {
  return file.state === "ready" && file.known.multipart === null;
}

/** Amortized constant: each number in a queue was put there by one event, and is taken out by one. */
function startPost(draft: Draft, endpoint: number): boolean {
  const { state } = draft;
  const { policy, upload } = state;
  if (!policy || !upload || !mayPost(state)) return false;
  // What failed once goes to the first endpoint: no other one has it twice.
  const next = (endpoint === 0 && takeFrom(draft, "again", isToPost)) || takeFrom(draft, "post", isToPost);
  if (!next) return false;
  const { generation, takesSha256, fields, expiresAt } = policy;
  const url = endpointAt(state.endpoints, endpoint).url ?? policy.url;
  const sha256 = takesSha256 ? (next.known.digests?.sha256 ?? null) : null;
  const quiet = isQuick(endpointAt(state.endpoints, endpoint), next);
  const file = toPosting(draft, next, { endpoint, quiet, checked: sha256 !== null });
  state.lastKind = "post";
  draft.effects.push({
    type: "post",
    fileId: file.id,
    run: file.run,
    key: upload.prefix + file.path,
    contentType: file.contentType,
    sha256,
    policy: { url, fields, expiresAt },
    generation,
    quiet,
  });
  return true;
}

/**
 * A small file where such take no time, and nothing went wrong with it: whether it moves need not be watched. As long as it is
 * not known how long they take, the smaller ones: watching a request makes the browser ask the storage for leave first.
 */
function isQuick({ url, postMs }: Endpoint, { sizeBytes, attempts }: FileIn<"ready">): boolean {
  if (attempts.failures > 0) return false;
  if (postMs !== null) return sizeBytes <= smallBytes && postMs < quickMs;
  // Another endpoint may not answer at all, which is seen sooner by watching.
  return url === null && sizeBytes <= smallBytes / 2;
}

function startPart(draft: Draft, endpoint: number): boolean {
  const next = takeSigned(draft, endpoint);
  if (!next) return false;
  const { file, part, url } = next;
  const run = file.run + 1;
  const begun = { run, sentBytes: 0, endpoint, begunAt: draft.at };
  putFile(draft, { ...file, run, window: withPart(file.window, part.n, { ...begun, stage: "inFlight" }) });
  draft.state.lastKind = "part";
  const { id: fileId, sizeBytes } = file;
  const { n, crc } = part;
  draft.effects.push({ type: "part", fileId, run, n, url, crc, ...rangeOf(file.known.multipart, n, sizeBytes) });
  return true;
}
