import type { PartUrls } from "@/lib/upload/schema";
import { backoffMs } from "../state/backoff";
import { type Draft, fileOf, halt, interrupt, setFile, toNaming } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import { judgePost, type PostFailure, type Verdict } from "../state/failures";
import type { UploadFile } from "../state/file";
import { type Multipart, type Part, rangeOf, sentOf, withPart } from "../state/multipart";
import { urlLifeMs } from "../state/policy-clock";
import { itemAt, withItem } from "../state/vector";
import { laneFailed, laneWentWell } from "./lanes";
import { giveUpCall, nameAgain, ofMultipart, waitForCall } from "./on-complete";
import { askForHash, completeWhenAll } from "./part-windows";
import { isHopeless, stopFile, waitsTogether, wentWell } from "./retry";
import { restart } from "./settle-file";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;
type At = { readonly file: UploadFile; readonly multipart: Multipart; readonly part: Part };

const mib = 1024 * 1024;
/** Parts refused in a row, with fresh URLs, none taken in between: no URL of this site is good. */
const refusedAtMost = 18;
/** A denial within this time of a URL's end may be its end: clocks differ, and the storage does not always say. */
const nearEndMs = 120_000;

/** The part an event speaks of, if it is still in that try. */
function partOf(draft: Draft, event: { fileId: number; run: number; n: number }, stage: Part["stage"]): At | null {
  const file = fileOf(draft, event.fileId);
  const part = file?.multipart?.window.find(({ n }) => n === event.n);
  if (file?.state !== "parts" || !file.multipart || part?.run !== event.run || part.stage !== stage) return null;
  return { file, multipart: file.multipart, part };
}

function setPart(draft: Draft, { file, multipart, part }: At, change: Partial<Part>): UploadFile {
  const next = withPart(multipart, part.n, change);
  return setFile(draft, file, { multipart: next, sentBytes: sentOf(next) });
}

export function onPartHashed(draft: Draft, event: EventOf<"partHashed">): void {
  const at = partOf(draft, event, "hashing");
  if (!at) return;
  const { file, multipart, part } = at;
  const { crc } = event;
  const known = { ...multipart, crcs: withItem(multipart.crcs, part.n - 1, crc) };
  const there = itemAt(multipart.etags, part.n - 1) !== null;
  const next = withPart(known, part.n, there ? null : { crc, stage: "unsigned" });
  completeWhenAll(draft, setFile(draft, file, { multipart: next }));
}

export function onPartChanged(draft: Draft, event: EventOf<"partChanged">): void {
  const at = partOf(draft, event, "hashing") ?? partOf(draft, event, "flying");
  if (at) restart(draft, at.file, event.look);
}

export function onPartsSigned(draft: Draft, event: EventOf<"partsSigned">): void {
  const file = ofMultipart(draft, event, "parts");
  if (!file?.multipart) return;
  const window = file.multipart.window.map((part): Part => {
    if (part.stage !== "signing" || !event.parts.includes(part.n)) return part;
    const url = event.urls[part.n];
    if (url === undefined) return { ...part, stage: "unsigned" };
    const elsewhere = ofPart(event.elsewhere, part.n);
    return { ...part, stage: "signed", url, elsewhere, urlEndsAt: event.askedAt + urlLifeMs(url) };
  });
  setFile(draft, file, { multipart: { ...file.multipart, window }, failures: 0, failingSince: null, retryAt: null });
}

/** Of the URLs by endpoint and part, those of one part. */
function ofPart(elsewhere: PartUrls["elsewhere"], n: number): Part["elsewhere"] {
  const found = Object.entries(elsewhere ?? {}).flatMap(([endpoint, { [n]: url }]) => (url ? [[endpoint, url]] : []));
  return Object.fromEntries(found);
}

export function onSignFailed(draft: Draft, event: EventOf<"signFailed">): void {
  const file = ofMultipart(draft, event, "parts");
  if (!file?.multipart) return;
  const window = file.multipart.window.map(
    (part): Part => (part.stage === "signing" ? { ...part, stage: "unsigned" } : part),
  );
  const unsigned = setFile(draft, file, { multipart: { ...file.multipart, window } });
  if (!waitForCall(draft, unsigned, event.failure)) giveUpCall(draft, unsigned, event.failure);
}

export function onPartProgressed(draft: Draft, event: EventOf<"partProgressed">): void {
  const at = partOf(draft, event, "flying");
  if (!at) return;
  const { start, end } = rangeOf(at.multipart, at.part.n, at.file.sizeBytes);
  const sentBytes = Math.min(end - start, Math.max(0, event.sentBytes));
  if (sentBytes !== at.part.sentBytes) setPart(draft, at, { sentBytes });
}

export function onPartSent(draft: Draft, event: EventOf<"partSent">): void {
  const at = partOf(draft, event, "flying");
  if (!at) return;
  const { file, multipart, part } = at;
  const { start, end } = rangeOf(multipart, part.n, file.sizeBytes);
  const next: Multipart = {
    ...withPart(multipart, part.n, null),
    etags: withItem(multipart.etags, part.n - 1, event.etag),
    arrivedParts: multipart.arrivedParts + 1,
    arrivedBytes: multipart.arrivedBytes + end - start,
  };
  const after = setFile(draft, file, { multipart: next, sentBytes: sentOf(next), failure: null });
  laneWentWell(draft, part.lane, "mibMs", (draft.at - part.begunAt) / Math.max(1, (end - start) / mib));
  wentWell(draft);
  completeWhenAll(draft, after);
}

export function onPartFailed(draft: Draft, event: EventOf<"partFailed">): void {
  const at = partOf(draft, event, "flying");
  if (!at) return;
  const verdict = judgePost(event.failure, draft.at >= at.part.urlEndsAt - nearEndMs);
  const { lane, renewed } = at.part;
  if (laneFailed(draft, lane, verdict, { what: "part", renewed })) sendElsewhere(draft, at, event.failure);
  else if (verdict.action === "retry") retryPart(draft, at, event.failure, verdict);
  else if (verdict.action === "renew") signAgain(draft, at, verdict);
  else if (verdict.action === "doubt" && !at.part.doubted) setPart(draft, at, { ...unsigned, doubted: true });
  else if (verdict.action === "begin") nameAgain(draft, at.file, verdict.failure);
  else if (verdict.action === "halt") {
    toNaming(draft, interrupt(draft, at.file));
    halt(draft, verdict.failure);
  } else stopFile(draft, at.file, verdict.failure);
}

/** Off its connection. Its checksum is taken anew where the storage says that it does not fit. */
function landed({ part }: At, failure: PostFailure): Partial<Part> {
  const mismatch = failure.kind === "answer" && /Digest|Checksum|Mismatch/.test(failure.code ?? "");
  return mismatch && part.crc !== null ? { sentBytes: 0, crc: null, url: null } : { sentBytes: 0 };
}

/** It was the endpoint's fault, not the part's, which does not go there again. */
function sendElsewhere(draft: Draft, at: At, failure: PostFailure): void {
  const tried = draft.state.lanes[at.part.lane - 1]?.url ?? "";
  const { [tried]: _, ...elsewhere } = at.part.elsewhere;
  back(draft, { ...at, part: { ...at.part, ...landed(at, failure), elsewhere } });
}

function retryPart(draft: Draft, at: At, failure: PostFailure, verdict: Verdict): void {
  const { file, part } = at;
  const again = landed(at, failure);
  if (waitsTogether(draft, failure, verdict)) {
    back(draft, { ...at, part: { ...part, ...again } });
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

/** The URL is not good any more: at first it may have ended, later on a new one alone will not do. */
function signAgain(draft: Draft, at: At, verdict: Verdict): void {
  const { state } = draft;
  const failing = { failures: at.part.failures + 1, failingSince: at.part.failingSince ?? draft.at };
  if (!at.part.renewed) {
    // After a sleep many have ended at once: only those asked for since then tell of the site.
    setPart(draft, at, { ...unsigned, ...failing, renewed: true });
    return;
  }
  state.refusedInRow += 1;
  if (isHopeless(failing.failures, failing.failingSince, draft.at)) stopFile(draft, at.file, verdict.failure);
  else wait(draft, at, { url: null, sentBytes: 0, ...failing }, verdict);
  if (state.refusedInRow >= refusedAtMost) halt(draft, verdict.failure);
}

const unsigned = { stage: "unsigned", url: null, sentBytes: 0 } as const;

function wait(draft: Draft, at: At, change: Partial<Part> & { failures: number }, verdict: Verdict): void {
  const delayMs = backoffMs(change.failures, draft.random, verdict);
  setPart(draft, at, { ...change, stage: "waiting" });
  draft.effects.push({ type: "timer", timer: `part:${at.file.id}:${at.part.n}`, delayMs });
}

/** A part that waited: to where it can be sent from. */
function back(draft: Draft, at: At): void {
  const { file, multipart, part } = at;
  if (draft.state.hashes && part.crc === null) {
    const run = file.run + 1;
    setFile(draft, setPart(draft, at, { ...part, stage: "hashing", run }), { run });
    askForHash(draft, file, part.n, run, multipart);
  } else setPart(draft, at, { ...part, stage: part.url === null ? "unsigned" : "signed" });
}

export function onPartRang(draft: Draft, fileId: number, n: number): void {
  const file = fileOf(draft, fileId);
  const part = file?.multipart?.window.find((one) => one.n === n);
  if (file?.state !== "parts" || !file.multipart || part?.stage !== "waiting") return;
  back(draft, { file, multipart: file.multipart, part });
}
