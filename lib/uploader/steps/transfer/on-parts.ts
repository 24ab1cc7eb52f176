import type { PartUrls } from "@/lib/upload/schema";
import { backoffMs } from "../../state/backoff";
import { type Draft, fileOf, putFile } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { classifyFailure, type PostFailure, type Verdict } from "../../state/failures";
import type { PartsFile } from "../../state/file";
import { type Multipart, type Part, rangeOf, withPart } from "../../state/multipart";
import { urlLifeMs } from "../../state/policy-clock";
import { itemAt, withItem } from "../../state/vector";
import { restart } from "../file/settle-file";
import { stopWork, toQueued, withoutFailure } from "../file/transitions";
import { endpointFailed, endpointWentWell, noteStorageFailure } from "../recovery/endpoints";
import { halt } from "../recovery/halt";
import { isHopeless, noteStorageSuccess, stopFile } from "../recovery/retry";
import { giveUpCall, ofMultipart, registerAgain, waitForCall } from "./on-complete";
import { completeWhenAll, requestPartHash } from "./part-windows";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;
type At = { readonly file: PartsFile; readonly part: Part };

const mib = 1024 * 1024;
/** Parts in a row that were refused with new URLs: the site's URLs do not work. */
const refusedAtMost = 18;
/** A denial within this time of a URL's end may be due to its age: clocks differ, and not all storages say so. */
const nearEndMs = 120_000;

/** The part of an event, if it is still in that attempt. */
function partOf(draft: Draft, event: { fileId: number; run: number; n: number }, stage: Part["stage"]): At | null {
  const file = fileOf(draft, event.fileId);
  if (file?.state !== "parts") return null;
  const part = file.window.find(({ n }) => n === event.n);
  return part?.run === event.run && part.stage === stage ? { file, part } : null;
}

function setPart(draft: Draft, { file, part }: At, change: Partial<Part>): void {
  putFile(draft, { ...file, window: withPart(file.window, part.n, change) });
}

function withMultipart({ known }: PartsFile, change: Partial<Multipart>): PartsFile["known"] {
  return { ...known, multipart: { ...known.multipart, ...change } };
}

export function onPartHashed(draft: Draft, event: EventOf<"partHashed">): void {
  const at = partOf(draft, event, "hashing");
  if (!at) return;
  const { file, part } = at;
  const { crc } = event;
  const { crcs, etags } = file.known.multipart;
  const there = itemAt(etags, part.n - 1) !== null;
  const window = withPart(file.window, part.n, there ? null : { crc, stage: "unsigned" });
  const known = withMultipart(file, { crcs: withItem(crcs, part.n - 1, crc) });
  completeWhenAll(draft, putFile(draft, { ...file, known, window }));
}

export function onPartChanged(draft: Draft, event: EventOf<"partChanged">): void {
  const at = partOf(draft, event, "hashing") ?? partOf(draft, event, "inFlight");
  if (at) restart(draft, at.file, event.onDisk);
}

export function onPartsSigned(draft: Draft, event: EventOf<"partsSigned">): void {
  const file = ofMultipart<PartsFile>(draft, event, "parts");
  if (!file) return;
  const window = file.window.map((part): Part => {
    if (part.stage !== "signing" || !event.parts.includes(part.n)) return part;
    const url = event.urls[part.n];
    if (url === undefined) return { ...part, stage: "unsigned" };
    const urls = urlsOf(draft, part.n, url, event.elsewhere);
    return { ...part, stage: "signed", urls, urlEndsAt: event.requestedAt + urlLifeMs(url) };
  });
  putFile(draft, { ...file, window, attempts: withoutFailure(file.attempts), retryAt: null });
}

/** The URLs of one part by endpoint number; `own` is for the policy's own endpoint. */
function urlsOf({ state }: Draft, n: number, own: string, elsewhere: PartUrls["elsewhere"] = {}): Part["urls"] {
  const urls: Record<number, string> = { 0: own };
  for (const [number, { url: endpoint }] of state.endpoints.entries()) {
    const url = endpoint === null ? undefined : elsewhere[endpoint]?.[n];
    if (url !== undefined) urls[number] = url;
  }
  return urls;
}

export function onSignFailed(draft: Draft, event: EventOf<"signFailed">): void {
  const file = ofMultipart<PartsFile>(draft, event, "parts");
  if (!file) return;
  const window = file.window.map((part): Part => (part.stage === "signing" ? { ...part, stage: "unsigned" } : part));
  const unsigned = putFile(draft, { ...file, window });
  if (!waitForCall(draft, unsigned, event.failure)) giveUpCall(draft, unsigned, event.failure);
}

export function onPartProgressed(draft: Draft, event: EventOf<"partProgressed">): void {
  const at = partOf(draft, event, "inFlight");
  if (!at) return;
  const { start, end } = rangeOf(at.file.known.multipart, at.part.n, at.file.sizeBytes);
  const sentBytes = Math.min(end - start, Math.max(0, event.sentBytes));
  if (sentBytes !== at.part.sentBytes) setPart(draft, at, { sentBytes });
}

export function onPartSent(draft: Draft, event: EventOf<"partSent">): void {
  const at = partOf(draft, event, "inFlight");
  if (!at) return;
  const { file, part } = at;
  const { multipart } = file.known;
  const { start, end } = rangeOf(multipart, part.n, file.sizeBytes);
  const known = withMultipart(file, {
    etags: withItem(multipart.etags, part.n - 1, event.etag),
    arrivedParts: multipart.arrivedParts + 1,
    arrivedBytes: multipart.arrivedBytes + end - start,
  });
  const after = putFile(draft, { ...file, known, window: withPart(file.window, part.n, null) });
  endpointWentWell(draft, part.endpoint, "mibMs", (draft.at - part.begunAt) / Math.max(1, (end - start) / mib));
  noteStorageSuccess(draft);
  completeWhenAll(draft, after);
}

export function onPartFailed(draft: Draft, event: EventOf<"partFailed">): void {
  const at = partOf(draft, event, "inFlight");
  if (!at) return;
  const verdict = classifyFailure(event.failure, draft.at >= at.part.urlEndsAt - nearEndMs);
  const { endpoint, renewed } = at.part;
  if (endpointFailed(draft, endpoint, verdict, { what: "part", renewed })) sendElsewhere(draft, at, event.failure);
  else if (verdict.action === "retry") retryPart(draft, at, event.failure, verdict);
  else if (verdict.action === "renew") signAgain(draft, at, verdict);
  else if (verdict.action === "suspect" && !at.part.suspect) setPart(draft, at, { ...unsigned, suspect: true });
  else if (verdict.action === "restart") registerAgain(draft, at.file, verdict.failure);
  else if (verdict.action === "halt") {
    stopWork(draft, at.file);
    toQueued(draft, at.file);
    halt(draft, verdict.failure);
  } else stopFile(draft, at.file, verdict.failure);
}

/** A part after its connection ended. Its checksum is taken again where the storage found that it does not match. */
function resetPart({ part }: At, failure: PostFailure): Partial<Part> {
  const mismatch = failure.kind === "answer" && /Digest|Checksum|Mismatch/.test(failure.code ?? "");
  return mismatch && part.crc !== null ? { sentBytes: 0, crc: null, urls: {} } : { sentBytes: 0 };
}

/** The endpoint failed, not the part: sends it to another one. */
function sendElsewhere(draft: Draft, at: At, failure: PostFailure): void {
  const { [at.part.endpoint]: _, ...urls } = at.part.urls;
  requeuePart(draft, { ...at, part: { ...at.part, urls, ...resetPart(at, failure) } });
}

function retryPart(draft: Draft, at: At, failure: PostFailure, verdict: Verdict): void {
  const { file, part } = at;
  const again = resetPart(at, failure);
  if (noteStorageFailure(draft, failure, verdict)) {
    requeuePart(draft, { ...at, part: { ...part, ...again } });
    return;
  }
  const failures = part.failures + 1;
  const failingSince = part.failingSince ?? draft.at;
  if (isHopeless(failures, failingSince, draft.at)) {
    stopFile(draft, file, verdict.failure);
    return;
  }
  wait(draft, at, { ...again, failures, failingSince }, verdict);
}

/** The URL was refused: requests a new one at once, and waits before the following ones. */
function signAgain(draft: Draft, at: At, verdict: Verdict): void {
  const { state } = draft;
  const failing = { failures: at.part.failures + 1, failingSince: at.part.failingSince ?? draft.at };
  if (!at.part.renewed) {
    // After the machine slept, many URLs have expired at once: only refusals of new ones count.
    setPart(draft, at, { ...unsigned, ...failing, renewed: true });
    return;
  }
  state.refusedInRow += 1;
  if (isHopeless(failing.failures, failing.failingSince, draft.at)) stopFile(draft, at.file, verdict.failure);
  else wait(draft, at, { urls: {}, sentBytes: 0, ...failing }, verdict);
  if (state.refusedInRow >= refusedAtMost) halt(draft, verdict.failure);
}

const unsigned = { stage: "unsigned", urls: {}, sentBytes: 0 } as const;

function wait(draft: Draft, at: At, change: Partial<Part> & { failures: number }, verdict: Verdict): void {
  const delayMs = backoffMs(change.failures, draft.random, verdict);
  setPart(draft, at, { ...change, stage: "waiting" });
  draft.effects.push({ type: "timer", timer: `part:${at.file.id}:${at.part.n}`, delayMs });
}

/** Makes a part ready to be sent again: hashed, signed or at once. */
function requeuePart(draft: Draft, at: At): void {
  const { file, part } = at;
  if (draft.state.hashes && part.crc === null) {
    const run = file.run + 1;
    putFile(draft, { ...file, run, window: withPart(file.window, part.n, { ...part, stage: "hashing", run }) });
    requestPartHash(draft, file, part.n, run);
  } else setPart(draft, at, { ...part, stage: part.urls[0] === undefined ? "unsigned" : "signed" });
}

export function onPartTimer(draft: Draft, fileId: number, n: number): void {
  const file = fileOf(draft, fileId);
  const part = file?.state === "parts" && file.window.find((one) => one.n === n);
  if (file?.state === "parts" && part && part.stage === "waiting") requeuePart(draft, { file, part });
}
