import type { FileAnswer, FileToSend } from "@/lib/upload/schema";
import type { Effect, TimerName, UploaderEvent } from "@/lib/uploader/state/events";
import type { CallFailure, PostFailure } from "@/lib/uploader/state/failures";
import { answer, callFailure, mib } from "./samples";
import { answerOf, openedOf, policyOf, prefix, statusOf, World } from "./world";

export const postFailures: PostFailure[] = [
  { kind: "network" },
  answer(500, "InternalError", null),
  answer(503, "SlowDown", null, 3),
  answer(400, "EntityTooLarge", null),
  answer(403, "AccessDenied", "Invalid according to Policy: Policy expired."),
  answer(403, "SignatureDoesNotMatch", null),
  answer(404, "NoSuchBucket", null),
  answer(403, null, null),
  answer(404, "NoSuchUpload", null),
  answer(400, "BadDigest", null),
];
export const callFailures: CallFailure[] = (
  ["NETWORK", "UNAVAILABLE", "NOT_FOUND", "CONFLICT", "INTERNAL", "TOO_LARGE", "INVALID"] as const
).map((code) => callFailure(code));

const endpoints = ["http://a.test/bucket", "http://b.test/bucket"];

/** Effects wait here for their outcome, in any order and with any fault, as in a browser. */
export class Simulation {
  readonly world: World;
  waiting: Effect[] = [];
  readonly timers = new Set<TimerName>();
  serial = 0;
  /** Paths that the site has registered, and those it refused to cancel. */
  readonly registered = new Set<string>();
  readonly kept = new Set<string>();

  constructor(hashes = false) {
    this.world = new World({ hashes });
    this.world.answer = null;
  }

  send(event: UploaderEvent): void {
    for (const effect of this.world.send(event)) {
      if (effect.type === "timer") this.timers.add(effect.timer);
      else if (effect.type === "noTimer") this.timers.delete(effect.timer);
      else if (effect.type === "stopAll") {
        this.timers.clear();
        this.waiting = this.waiting.filter((one) => one.type !== "post" && one.type !== "part");
      } else if (effect.type === "stop")
        this.waiting = this.waiting.filter(
          (one) => (one.type !== "post" && one.type !== "part") || one.fileId !== effect.fileId,
        );
      else if (effect.type !== "releaseFile") this.waiting.push(effect);
    }
  }

  /** One thing happens: a timer fires or an effect ends, in success (`fault` null) or failure. */
  happen(pick: number, fault: number | null): boolean {
    const choices = this.waiting.length + this.timers.size;
    if (choices === 0) return false;
    const index = pick % choices;
    const effect = this.waiting[index];
    if (effect) {
      this.waiting.splice(index, 1);
      this.serial += 1;
      if (effect.type === "files" || effect.type === "registerChecksums" || effect.type === "cancelFiles")
        this.#serve(effect, fault);
      const outcome = outcomeOf(effect, this.world, fault, this.serial);
      // Another tab releases the upload later.
      if (outcome.type === "owning" && !outcome.owned) this.waiting.push(effect);
      this.send(outcome);
    } else {
      const timer = [...this.timers][index - this.waiting.length] as TimerName;
      this.timers.delete(timer);
      this.send({ type: "timerFired", timer });
    }
    return true;
  }

  /** What the site did for a call: also where its answer is lost. */
  #serve(effect: EffectOf<"files" | "registerChecksums" | "cancelFiles">, fault: number | null): void {
    const { code } = fault === null ? { code: null } : oneOf(callFailures, fault);
    const failed = fault !== null && (effect.type === "cancelFiles" || fault % 3 === 0);
    if (effect.type !== "cancelFiles") {
      if (!failed || code === "NETWORK") for (const { path } of effect.files) this.registered.add(path);
    } else if (!failed || code === "NETWORK") for (const path of effect.paths) this.registered.delete(path);
    else for (const path of effect.paths) this.kept.add(path);
  }
}

function outcomeOf(effect: Effect, world: World, fault: number | null, serial: number): UploaderEvent {
  switch (effect.type) {
    case "post":
    case "part":
      return sendingOutcome(effect, fault);
    case "recheck":
    case "hash":
    case "hashPart":
    case "rename":
      return diskOutcome(effect, world, fault, serial);
    case "files": {
      const { batch, files } = effect;
      if (fault !== null && fault % 3 === 0) return { type: "filesFailed", batch, failure: oneOf(callFailures, fault) };
      return { type: "filesAnswered", batch, files: files.map((file) => registeredOutcome(file, fault, serial)) };
    }
    case "registerChecksums": {
      const { batch } = effect;
      if (fault !== null && fault % 3 === 0) return { type: "filesFailed", batch, failure: oneOf(callFailures, fault) };
      return { type: "registeredMore", batch };
    }
    case "cancelFiles": {
      const { batch } = effect;
      if (fault === null) return { type: "filesCanceled", batch };
      return { type: "filesFailed", batch, failure: oneOf(callFailures, fault) };
    }
    case "sign": {
      const { fileId, multipartId, request } = effect;
      const about = { fileId, multipartId, parts: request.parts };
      if (fault !== null) return { type: "signFailed", ...about, failure: oneOf(callFailures, fault) };
      const urlsAt = (host: string) =>
        Object.fromEntries(request.parts.map((n) => [n, `${host}/${n}?X-Amz-Expires=900`]));
      const elsewhere = Object.fromEntries((request.endpoints ?? []).map((endpoint) => [endpoint, urlsAt(endpoint)]));
      return { type: "partsSigned", ...about, urls: urlsAt("http://s3.test"), elsewhere, requestedAt: world.at };
    }
    case "complete": {
      const { fileId, multipartId } = effect;
      if (fault === null) return { type: "completed", fileId, multipartId };
      return { type: "completeFailed", fileId, multipartId, failure: oneOf(callFailures, fault) };
    }
    case "yieldToPage":
      return { type: "yielded" };
    case "own":
      return { type: "owning", uploadId: effect.uploadId, owned: fault === null || fault % 2 === 0 };
    default:
      return callOutcome(effect, world, fault);
  }
}

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

function sendingOutcome(effect: EffectOf<"post" | "part">, fault: number | null): UploaderEvent {
  const { fileId, run } = effect;
  const onDisk = { sizeBytes: 7, lastModified: fault ?? 0 };
  const why = oneOf(postFailures, fault ?? 0);
  if (effect.type === "part") {
    const { n } = effect;
    if (fault === null) return { type: "partSent", fileId, run, n, etag: `"${n}"` };
    if (fault % 10 === 9) return { type: "partChanged", fileId, run, n, onDisk };
    return { type: "partFailed", fileId, run, n, failure: why };
  }
  if (fault === null) return { type: "posted", fileId, run };
  if (fault % 10 === 9) return { type: "changed", fileId, run, onDisk };
  return { type: "postFailed", fileId, run, generation: effect.generation, failure: why };
}

function diskOutcome(
  effect: EffectOf<"recheck" | "hash" | "hashPart" | "rename">,
  world: World,
  fault: number | null,
  serial: number,
): UploaderEvent {
  const { fileId } = effect;
  if (effect.type === "rename") return { type: "renamed", fileId, path: `${effect.foundAs} (${serial})` };
  const { run } = effect;
  const { sizeBytes, lastModified } = world.file(fileId);
  if (effect.type === "recheck") {
    const changed = fault === null ? null : fault % 3;
    if (changed === 0) return { type: "rechecked", fileId, run, onDisk: null };
    return { type: "rechecked", fileId, run, onDisk: { sizeBytes, lastModified: lastModified + (changed ?? 0) } };
  }
  const onDisk = { sizeBytes: 17 * mib, lastModified: fault ?? 0 };
  if (effect.type === "hash") {
    if (fault !== null && fault % 2 === 0) return { type: "changed", fileId, run, onDisk };
    return { type: "hashed", fileId, run, digests: fault === null ? { sha256: "a", md5: "b" } : null };
  }
  const { n } = effect;
  if (fault !== null && fault % 2 === 0) return { type: "partChanged", fileId, run, n, onDisk };
  return { type: "partHashed", fileId, run, n, crc: fault === null ? "AAAAAAAAAAA=" : null };
}

function registeredOutcome(file: FileToSend, fault: number | null, serial: number): FileAnswer {
  const plain = answerOf(file, serial);
  if (fault === null) return plain;
  const kinds: FileAnswer[] = [
    { path: file.path, status: "present" },
    { ...plain, exists: "same", mayBeKnown: true },
    { ...plain, exists: "other" },
    { path: file.path, status: "conflict", reason: "another person's" },
    { path: file.path, status: "conflict", reason: "another person's", exists: "same" },
    { ...plain, ...(plain.multipart && { multipart: { ...plain.multipart, done: [1, 3] } }) },
  ];
  return oneOf(kinds, fault);
}

function callOutcome(effect: Effect, world: World, fault: number | null): UploaderEvent {
  const requestedAt = world.at;
  const policy = { ...policyOf(), ...(fault === null && { endpoints }) };
  if (effect.type === "open" && fault === null) return { type: "opened", upload: openedOf(policy), requestedAt };
  if (effect.type === "resume" && fault === null)
    return { type: "resumed", upload: { prefix, policy, status: statusOf("open") }, requestedAt };
  if (effect.type === "renew" && fault === null) return { type: "renewed", policy, requestedAt };
  if (effect.type === "seal" && fault === null) return { type: "sealed" };
  if (effect.type === "abort" && fault === null) return { type: "aborted" };
  if (effect.type === "status" && fault === null) return { type: "statusRead", status: statusOf("verified") };
  const call = effect.type as "open" | "resume" | "renew" | "seal" | "status" | "abort";
  return { type: "callFailed", call, failure: oneOf(callFailures, fault ?? 0) };
}

export function oneOf<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}
