import { uploadPolicy } from "@/lib/upload/policy";
import type { PartsInput } from "@/lib/upload/schema";
import { type Draft, fileOf, putFile, takeFrom } from "../../state/draft";
import { allConnections, endpointAt, otherUrls } from "../../state/endpoints";
import type { FileIn, PartsFile, UploadFile } from "../../state/file";
import { type Multipart, type Part, rangeOf } from "../../state/multipart";
import type { UploaderState } from "../../state/state";
import { itemAt } from "../../state/vector";
import { toChecking, toParts } from "../file/transitions";

/** Parts hashed and signed ahead, for each connection. */
const aheadPerConnection = 2;

/** Keeps as many parts prepared as the connections will soon need: of the file begun first, then of the next. */
export function prepareParts(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading" || state.halted || state.paused || !state.upload) return;
  if (state.active.length === 0 && state.queues.large.size === 0) return;
  state.active = state.active.filter((fileId) => fileOf(draft, fileId)?.state === "parts");
  for (const fileId of state.active) prepare(draft, fileId);
  while (wantsAnother(draft)) {
    const file = takeFrom(draft, "large", isToSendInParts);
    if (!file) return;
    toParts(draft, file, file.known.multipart);
    state.active = [...state.active, file.id];
    prepare(draft, file.id);
  }
}

type ToSendInParts = FileIn<"ready"> & { readonly known: { readonly multipart: Multipart } };

function isToSendInParts(file: UploadFile): file is ToSendInParts {
  return file.state === "ready" && file.known.multipart !== null;
}

/** Whether all parts of the active files are begun and more can be prepared. */
function wantsAnother(draft: Draft): boolean {
  let begun = 0;
  for (const fileId of draft.state.active) {
    const file = fileOf(draft, fileId);
    if (file?.state !== "parts") continue;
    if (hasNext(file) && !isFull(draft, file.window)) return false;
    begun += file.window.filter(({ stage }) => stage !== "waiting").length;
  }
  return begun < windowOf(draft);
}

function hasNext({ next, known }: Pick<PartsFile, "next" | "known">): boolean {
  return next <= known.multipart.partCount;
}

function isFull(draft: Draft, window: readonly Part[]): boolean {
  return window.filter(({ stage }) => stage !== "waiting").length >= windowOf(draft);
}

/** How many parts are prepared at a time. */
function windowOf({ state }: Draft): number {
  return aheadPerConnection * allConnections(state.endpoints, state.share);
}

function prepare(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (file?.state !== "parts") return;
  const extended = extend(draft, file);
  sign(draft, extended);
  completeWhenAll(draft, extended);
}

/** Compares the file with the disk once more before its parts are completed. */
export function completeWhenAll(draft: Draft, file: PartsFile): void {
  const { multipart } = file.known;
  if (multipart.arrivedParts < multipart.partCount || file.window.length > 0 || hasNext(file)) return;
  const run = file.run + 1;
  toChecking(draft, file, run);
  draft.effects.push({ type: "recheck", fileId: file.id, run, checked: false });
}

const untried = {
  ...{ urls: {}, urlEndsAt: 0, suspect: false, renewed: false },
  ...{ sentBytes: 0, endpoint: 0, begunAt: 0, failures: 0, failingSince: null },
} as const;

/** Begins parts until the window is full. A part that arrived before is only hashed, for the checksum of the file. */
function extend(draft: Draft, file: PartsFile): PartsFile {
  const { hashes } = draft.state;
  const { multipart } = file.known;
  let { next, run } = file;
  const window = [...file.window];
  for (; next <= multipart.partCount && !isFull(draft, window); next += 1) {
    const n = next;
    const there = itemAt(multipart.etags, n - 1) !== null;
    const crc = itemAt(multipart.crcs, n - 1);
    if (there && (!hashes || crc !== null)) continue;
    run += 1;
    const hash = hashes && crc === null;
    window.push({ n, run, crc, stage: hash ? "hashing" : "unsigned", ...untried });
    if (hash) requestPartHash(draft, file, n, run);
  }
  return next === file.next ? file : putFile(draft, { ...file, run, next, window });
}

export function requestPartHash(draft: Draft, file: PartsFile, n: number, run: number): void {
  const { id, sizeBytes, lastModified } = file;
  const range = rangeOf(file.known.multipart, n, sizeBytes);
  draft.effects.push({ type: "hashPart", fileId: id, run, n, ...range, sizeBytes, lastModified });
}

const staged = ({ window }: PartsFile, ...stages: Part["stage"][]) =>
  window.filter((part) => stages.includes(part.stage));

/** Requests URLs again that expired before a connection was free. */
function withoutEnded(draft: Draft, file: PartsFile): PartsFile {
  const isEnded = ({ stage, urlEndsAt }: Part) => stage === "signed" && urlEndsAt <= draft.at;
  if (!file.window.some(isEnded)) return file;
  const window = file.window.map((part) => (isEnded(part) ? { ...part, stage: "unsigned" as const, urls: {} } : part));
  return putFile(draft, { ...file, window });
}

/** Requests URLs shortly before they are needed, many in one call, one call for each file at a time. */
function sign(draft: Draft, prepared: PartsFile): void {
  const { state } = draft;
  const file = withoutEnded(draft, prepared);
  const { multipart } = file.known;
  if (!state.upload || file.retryAt !== null || staged(file, "signing").length > 0) return;
  const unsigned = staged(file, "unsigned").slice(0, uploadPolicy.maxPartsPerCall);
  if (unsigned.length === 0) return;
  const idle = staged(file, "signed", "inFlight").length === 0;
  const last = !hasNext(file) && staged(file, "hashing").length === 0;
  if (!idle && !last && unsigned.length < Math.ceil(endpointAt(state.endpoints, 0).limit / 2)) return;
  const numbers = new Set(unsigned.map(({ n }) => n));
  const window = file.window.map((part) => (numbers.has(part.n) ? { ...part, stage: "signing" as const } : part));
  putFile(draft, { ...file, window });
  draft.effects.push({
    type: "sign",
    fileId: file.id,
    multipartId: multipart.fileId,
    uploadId: state.upload.id,
    request: requestFor(state, multipart.fileId, unsigned),
  });
}

function requestFor({ endpoints }: UploaderState, fileId: string, parts: readonly Part[]): PartsInput {
  const checksums = Object.fromEntries(parts.flatMap(({ n, crc }) => (crc === null ? [] : [[String(n), crc]])));
  const others = otherUrls(endpoints);
  return {
    fileId,
    parts: parts.map(({ n }) => n),
    ...(Object.keys(checksums).length > 0 && { checksums }),
    ...(others.length > 0 && { endpoints: others }),
  };
}

/** The first part that can be sent to an endpoint now, with its URL. */
export function takeSigned({ state, at }: Draft, endpoint: number): Signed | null {
  for (const fileId of state.active) {
    const file = itemAt(state.files, fileId);
    if (file.state !== "parts") continue;
    for (const part of file.window) {
      const url = part.urls[endpoint];
      if (part.stage === "signed" && part.urlEndsAt > at && url !== undefined) return { file, part, url };
    }
  }
  return null;
}

type Signed = { file: PartsFile; part: Part; url: string };
