import { type Draft, putFile, takeFrom } from "../state/draft";
import { type Endpoint, endpointAt } from "../state/endpoints";
import { type FileIn, smallBytes, type UploadFile } from "../state/file";
import { rangeOf, withPart } from "../state/multipart";
import { isDead, missingFiles, outstanding, partsOnTheirWay, type UploaderState } from "../state/state";
import { toPosting } from "./file/transitions";
import { callDue, makeCall } from "./on-calls";
import { giveUp } from "./on-files";
import { hasRoom } from "./recovery/endpoints";
import { halt, seal } from "./recovery/halt";
import { hashNext } from "./register/on-hashes";
import { registerNext } from "./register/on-registered";
import { renewIfDue } from "./transfer/on-policy";
import { prepareParts, takeSigned } from "./transfer/part-windows";

/** While folders are still being read, the upload is opened after so many files or so much time. */
const openFromFiles = 1_000;
const openAfterMs = 1_000;
/** The progress of posts that take so long is shown. */
const quickMs = 1_000;

/** After every event: starts what the state allows now. */
export function advance(draft: Draft): void {
  callDue(draft);
  openWhenReady(draft);
  registerNext(draft);
  hashNext(draft);
  prepareParts(draft);
  fill(draft);
  settle(draft);
}

/** Opens the upload once the folders are read, as the numbers are then known; or soon. */
function openWhenReady(draft: Draft): void {
  const { state, at } = draft;
  if (state.phase !== "idle" || state.counts.queued === 0 || state.paused) return;
  const soon = state.counts.queued >= openFromFiles || at - (state.startedAt ?? at) >= openAfterMs;
  if (state.adding > 0 && !soon) return;
  state.phase = "opening";
  makeCall(draft, "open");
}

/** All files are settled: the upload is sealed by itself if none failed, otherwise the person decides. */
function settle(draft: Draft): void {
  const { state } = draft;
  const { counts } = state;
  if (state.adding > 0 || outstanding(state) > 0) return;
  // A pause holds nothing back any more: the screen offers no end of it.
  state.paused = false;
  if (state.files.size === 0) return;
  // No file is left to open the upload for.
  if (state.phase === "opening" && state.halted && counts.failed === 0 && !state.resumed) giveUp(draft);
  if (state.phase !== "uploading" || isDead(state)) return;
  const registered = state.queues.report.size === 0 && state.cancellations.size === 0;
  if (state.halted && counts.failed === 0 && registered) halt(draft, null);
  if (state.halted || !state.upload) return;
  if (!state.finishing && (counts.failed > 0 || missingFiles(state) > 0)) return;
  if (!state.finishing && counts.done + counts.present === 0) {
    // A resumed upload has files from before: it is not aborted by itself.
    if (!state.resumed) giveUp(draft);
    return;
  }
  // The server needs digests and cancellations before it verifies.
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
 * Alternates between small files and parts of large ones, so that neither starves: the kind with fewer connections
 * comes first; of two equal ones, the one that was not started last.
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

/** Amortized constant time: each entry of a queue is pushed once and taken once. */
function startPost(draft: Draft, endpoint: number): boolean {
  const { state } = draft;
  const { policy, upload } = state;
  if (!policy || !upload || !mayPost(state)) return false;
  // Files sent before go to the policy's own endpoint: no other one gets them twice.
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
 * Whether a post is too short to report its progress: a small file without failures where such posts are quick. While
 * their time is unknown, only the smaller ones: a listener for progress makes the browser send a preflight.
 */
function isQuick({ url, postMs }: Endpoint, { sizeBytes, attempts }: FileIn<"ready">): boolean {
  if (attempts.failures > 0) return false;
  if (postMs !== null) return sizeBytes <= smallBytes && postMs < quickMs;
  // Another endpoint may not answer at all: with progress that is noticed sooner.
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
