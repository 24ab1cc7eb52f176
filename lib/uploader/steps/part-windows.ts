import type { PartsInput } from "@/lib/upload/schema";
import { type Draft, fileOf, setFile, takeFrom } from "../state/draft";
import type { UploadFile } from "../state/file";
import { type Multipart, type Part, rangeOf } from "../state/multipart";
import type { UploaderState } from "../state/state";
import { itemAt } from "../state/vector";
import { connectionsOf } from "./lanes";

/** Parts of a file hashed and signed ahead of their connections, in budgets. */
const budgetsAhead = 2;
/** URLs in one call. */
const signedAtOnce = 100;

/** Keeps as many parts prepared as the connections will soon want: of the file begun first, then of the next. */
export function prepareParts(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading" || state.halted || state.paused || !state.upload) return;
  if (state.active.length === 0 && state.queues.large.size === 0) return;
  state.active = state.active.filter((fileId) => fileOf(draft, fileId)?.state === "parts");
  for (const fileId of state.active) prepare(draft, fileId);
  while (wantsAnother(draft)) {
    const file = takeFrom(draft, "large", (one) => one.state === "ready" && one.multipart !== null);
    if (!file) return;
    setFile(draft, file, { state: "parts", failures: 0, failingSince: null });
    state.active = [...state.active, file.id];
    prepare(draft, file.id);
  }
}

/** All parts of the files at hand are begun, and they do not fill two budgets. */
function wantsAnother(draft: Draft): boolean {
  let begun = 0;
  for (const fileId of draft.state.active) {
    const multipart = fileOf(draft, fileId)?.multipart;
    if (!multipart) continue;
    if (multipart.next <= multipart.partCount && !isFull(draft, multipart)) return false;
    begun += multipart.window.filter(({ stage }) => stage !== "waiting").length;
  }
  return begun < budgetsAhead * connectionsOf(draft.state);
}

function isFull({ state }: Draft, { window }: Multipart): boolean {
  return window.filter(({ stage }) => stage !== "waiting").length >= budgetsAhead * connectionsOf(state);
}

function prepare(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (!file?.multipart || file.state !== "parts") return;
  const extended = extend(draft, file, file.multipart);
  sign(draft, extended);
  completeWhenAll(draft, extended);
}

/** Before its parts are put together the file is compared with the disk once more. */
export function completeWhenAll(draft: Draft, file: UploadFile): void {
  const { multipart } = file;
  if (!multipart || multipart.arrivedParts < multipart.partCount) return;
  if (multipart.window.length > 0 || multipart.next <= multipart.partCount) return;
  const { run } = setFile(draft, file, { state: "checking", failures: 0, failingSince: null, run: file.run + 1 });
  draft.effects.push({ type: "look", fileId: file.id, run, checked: false });
}

const untried = {
  ...{ url: null, elsewhere: {}, urlEndsAt: 0, doubted: false, renewed: false },
  ...{ sentBytes: 0, lane: 0, begunAt: 0, failures: 0, failingSince: null },
} as const;

/** Begins parts until the window is full. A part that was there before is only hashed, for the whole's checksum. */
function extend(draft: Draft, file: UploadFile, multipart: Multipart): UploadFile {
  const { hashes } = draft.state;
  let { next } = multipart;
  let { run } = file;
  const window = [...multipart.window];
  const widened = () => ({ ...multipart, next, window });
  for (; next <= multipart.partCount && !isFull(draft, widened()); next += 1) {
    const n = next;
    const there = itemAt(multipart.etags, n - 1) !== null;
    const crc = itemAt(multipart.crcs, n - 1);
    if (there && (!hashes || crc !== null)) continue;
    run += 1;
    const hash = hashes && crc === null;
    window.push({ n, run, crc, stage: hash ? "hashing" : "unsigned", ...untried });
    if (hash) askForHash(draft, file, n, run, multipart);
  }
  if (next === multipart.next) return file;
  return setFile(draft, file, { run, multipart: widened() });
}

export function askForHash(draft: Draft, file: UploadFile, n: number, run: number, multipart: Multipart): void {
  const { id, sizeBytes, lastModified } = file;
  const range = rangeOf(multipart, n, sizeBytes);
  draft.effects.push({ type: "hashPart", fileId: id, run, n, ...range, sizeBytes, lastModified });
}

const staged = ({ window }: Multipart, ...stages: Part["stage"][]) =>
  window.filter((part) => stages.includes(part.stage));

/** URLs that ended before there was a connection for them are asked for anew. */
function withoutEnded(draft: Draft, file: UploadFile): UploadFile {
  const isEnded = ({ stage, urlEndsAt }: Part) => stage === "signed" && urlEndsAt <= draft.at;
  if (!file.multipart?.window.some(isEnded)) return file;
  const window = file.multipart.window.map((part) =>
    isEnded(part) ? { ...part, stage: "unsigned" as const, url: null } : part,
  );
  return setFile(draft, file, { multipart: { ...file.multipart, window } });
}

/** Asks for URLs, one call a file at a time, shortly before they are needed and not one by one. */
function sign(draft: Draft, named: UploadFile): void {
  const { state } = draft;
  const file = withoutEnded(draft, named);
  const { multipart } = file;
  if (!multipart || !state.upload || file.retryAt !== null || staged(multipart, "signing").length > 0) return;
  const unsigned = staged(multipart, "unsigned").slice(0, signedAtOnce);
  if (unsigned.length === 0) return;
  const idle = staged(multipart, "signed", "flying").length === 0;
  const last = multipart.next > multipart.partCount && staged(multipart, "hashing").length === 0;
  if (!idle && !last && unsigned.length < Math.ceil(state.limit / 2)) return;
  const numbers = new Set(unsigned.map(({ n }) => n));
  const window = multipart.window.map((part) => (numbers.has(part.n) ? { ...part, stage: "signing" as const } : part));
  setFile(draft, file, { multipart: { ...multipart, window } });
  draft.effects.push({
    type: "sign",
    fileId: file.id,
    multipartId: multipart.fileId,
    uploadId: state.upload.id,
    request: requestFor(state, multipart.fileId, unsigned),
  });
}

function requestFor({ lanes }: UploaderState, fileId: string, parts: readonly Part[]): PartsInput {
  const checksums = Object.fromEntries(parts.flatMap(({ n, crc }) => (crc === null ? [] : [[String(n), crc]])));
  const endpoints = lanes.flatMap(({ url, dropped }) => (dropped ? [] : [url]));
  return {
    fileId,
    parts: parts.map(({ n }) => n),
    ...(Object.keys(checksums).length > 0 && { checksums }),
    ...(endpoints.length > 0 && { endpoints }),
  };
}

/** The first part that can be sent right now to an endpoint, and where to. */
export function takeSigned(draft: Draft, lane: number): Signed | null {
  const { state, at } = draft;
  const endpoint = state.lanes[lane - 1]?.url ?? "";
  for (const fileId of state.active) {
    const file = fileOf(draft, fileId);
    for (const part of file?.multipart?.window ?? []) {
      const url = lane === 0 ? part.url : (part.elsewhere[endpoint] ?? null);
      if (file?.multipart && part.stage === "signed" && part.urlEndsAt > at && url !== null)
        return { file, multipart: file.multipart, part, url };
    }
  }
  return null;
}

type Signed = { file: UploadFile; multipart: Multipart; part: Part; url: string };
