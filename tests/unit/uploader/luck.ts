import type { FileAnswer, FileToSend } from "@/lib/upload/schema";
import type { Effect, TimerName, UploaderEvent } from "@/lib/uploader/state/events";
import type { CallFailure, PostFailure } from "@/lib/uploader/state/failures";
import { answerOf, openedOf, policyOf, prefix, statusOf, World } from "./world";

const answer = (status: number, code: string | null): PostFailure => ({
  kind: "answer",
  status,
  code,
  message: code === "AccessDenied" ? "Invalid according to Policy: Policy expired." : null,
  retryAfterSeconds: code === "SlowDown" ? 3 : null,
});
export const postFailures: PostFailure[] = [
  { kind: "network" },
  answer(500, "InternalError"),
  answer(503, "SlowDown"),
  answer(400, "EntityTooLarge"),
  answer(403, "AccessDenied"),
  answer(403, "SignatureDoesNotMatch"),
  answer(404, "NoSuchBucket"),
  answer(403, null),
  answer(404, "NoSuchUpload"),
  answer(400, "BadDigest"),
];
export const callFailures: CallFailure[] = (
  ["NETWORK", "UNAVAILABLE", "NOT_FOUND", "CONFLICT", "INTERNAL", "TOO_LARGE", "INVALID"] as const
).map((code) => ({ code, message: null, retryAfterSeconds: null }));

const endpoints = ["http://a.test/bucket", "http://b.test/bucket"];
export const mib = 1024 * 1024;

/** A place where effects wait for their outcome, as they do in a browser: in any order, with any luck. */
export class Luck {
  readonly world: World;
  waiting: Effect[] = [];
  readonly timers = new Set<TimerName>();
  names = 0;
  /** What the site was told will come, and what it would not take back. */
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
      else if (effect.type !== "letGo") this.waiting.push(effect);
    }
  }

  /** One thing happens: a timer rings or an effect ends, well (`luck` null) or not. */
  happen(pick: number, luck: number | null): boolean {
    const choices = this.waiting.length + this.timers.size;
    if (choices === 0) return false;
    const index = pick % choices;
    const effect = this.waiting[index];
    if (effect) {
      this.waiting.splice(index, 1);
      this.names += 1;
      if (effect.type === "files" || effect.type === "tell" || effect.type === "cancelFiles") this.#serve(effect, luck);
      const outcome = outcomeOf(effect, this.world, luck, this.names);
      // Another tab lets go at last.
      if (outcome.type === "driving" && !outcome.driven) this.waiting.push(effect);
      this.send(outcome);
    } else {
      const timer = [...this.timers][index - this.waiting.length] as TimerName;
      this.timers.delete(timer);
      this.send({ type: "rang", timer });
    }
    return true;
  }

  /** What the site has of a call afterwards: where its answer is lost, as much as if it had come. */
  #serve(effect: EffectOf<"files" | "tell" | "cancelFiles">, luck: number | null): void {
    const { code } = luck === null ? { code: null } : oneOf(callFailures, luck);
    const failed = luck !== null && (effect.type === "cancelFiles" || luck % 3 === 0);
    if (effect.type !== "cancelFiles") {
      if (!failed || code === "NETWORK") for (const { path } of effect.files) this.registered.add(path);
    } else if (!failed || code === "NETWORK") for (const path of effect.paths) this.registered.delete(path);
    else for (const path of effect.paths) this.kept.add(path);
  }
}

function outcomeOf(effect: Effect, world: World, luck: number | null, serial: number): UploaderEvent {
  switch (effect.type) {
    case "post":
    case "part":
      return sendingOutcome(effect, luck);
    case "look":
    case "hash":
    case "hashPart":
    case "rename":
      return diskOutcome(effect, world, luck, serial);
    case "files": {
      const { batch, files } = effect;
      if (luck !== null && luck % 3 === 0) return { type: "filesFailed", batch, failure: oneOf(callFailures, luck) };
      return { type: "filesAnswered", batch, files: files.map((file) => namedOutcome(file, luck, serial)) };
    }
    case "tell": {
      const { batch } = effect;
      if (luck !== null && luck % 3 === 0) return { type: "filesFailed", batch, failure: oneOf(callFailures, luck) };
      return { type: "told", batch };
    }
    case "cancelFiles": {
      const { batch } = effect;
      if (luck === null) return { type: "filesCanceled", batch };
      return { type: "filesFailed", batch, failure: oneOf(callFailures, luck) };
    }
    case "sign": {
      const { fileId, multipartId, request } = effect;
      const about = { fileId, multipartId, parts: request.parts };
      if (luck !== null) return { type: "signFailed", ...about, failure: oneOf(callFailures, luck) };
      const urlsAt = (host: string) =>
        Object.fromEntries(request.parts.map((n) => [n, `${host}/${n}?X-Amz-Expires=900`]));
      const elsewhere = Object.fromEntries((request.endpoints ?? []).map((endpoint) => [endpoint, urlsAt(endpoint)]));
      return { type: "partsSigned", ...about, urls: urlsAt("http://s3.test"), elsewhere, askedAt: world.at };
    }
    case "complete": {
      const { fileId, multipartId } = effect;
      if (luck === null) return { type: "completed", fileId, multipartId };
      return { type: "completeFailed", fileId, multipartId, failure: oneOf(callFailures, luck) };
    }
    case "goOn":
      return { type: "wentOn" };
    case "drive":
      return { type: "driving", uploadId: effect.uploadId, driven: luck === null || luck % 2 === 0 };
    default:
      return callOutcome(effect, world, luck);
  }
}

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

function sendingOutcome(effect: EffectOf<"post" | "part">, luck: number | null): UploaderEvent {
  const { fileId, run } = effect;
  const look = { sizeBytes: 7, lastModified: luck ?? 0 };
  const why = oneOf(postFailures, luck ?? 0);
  if (effect.type === "part") {
    const { n } = effect;
    if (luck === null) return { type: "partSent", fileId, run, n, etag: `"${n}"` };
    if (luck % 10 === 9) return { type: "partChanged", fileId, run, n, look };
    return { type: "partFailed", fileId, run, n, failure: why };
  }
  if (luck === null) return { type: "posted", fileId, run };
  if (luck % 10 === 9) return { type: "changed", fileId, run, look };
  return { type: "postFailed", fileId, run, generation: effect.generation, failure: why };
}

function diskOutcome(
  effect: EffectOf<"look" | "hash" | "hashPart" | "rename">,
  world: World,
  luck: number | null,
  serial: number,
): UploaderEvent {
  const { fileId } = effect;
  if (effect.type === "rename") return { type: "renamed", fileId, path: `${effect.foundAs} (${serial})` };
  const { run } = effect;
  const { sizeBytes, lastModified } = world.file(fileId);
  if (effect.type === "look") {
    const changed = luck === null ? null : luck % 3;
    if (changed === 0) return { type: "looked", fileId, run, look: null };
    return { type: "looked", fileId, run, look: { sizeBytes, lastModified: lastModified + (changed ?? 0) } };
  }
  const look = { sizeBytes: 17 * mib, lastModified: luck ?? 0 };
  if (effect.type === "hash") {
    if (luck !== null && luck % 2 === 0) return { type: "changed", fileId, run, look };
    return { type: "hashed", fileId, run, digests: luck === null ? { sha256: "a", md5: "b" } : null };
  }
  const { n } = effect;
  if (luck !== null && luck % 2 === 0) return { type: "partChanged", fileId, run, n, look };
  return { type: "partHashed", fileId, run, n, crc: luck === null ? "AAAAAAAAAAA=" : null };
}

function namedOutcome(file: FileToSend, luck: number | null, serial: number): FileAnswer {
  const plain = answerOf(file, serial);
  if (luck === null) return plain;
  const kinds: FileAnswer[] = [
    { path: file.path, status: "present" },
    { ...plain, exists: "same", mayBeKnown: true },
    { ...plain, exists: "other" },
    { ...plain, ...(plain.multipart && { multipart: { ...plain.multipart, done: [1, 3] } }) },
  ];
  return oneOf(kinds, luck);
}

function callOutcome(effect: Effect, world: World, luck: number | null): UploaderEvent {
  const askedAt = world.at;
  const policy = { ...policyOf(), ...(luck === null && { endpoints }) };
  if (effect.type === "open" && luck === null) return { type: "opened", upload: openedOf(policy), askedAt };
  if (effect.type === "resume" && luck === null)
    return { type: "resumed", upload: { prefix, policy, status: statusOf("open") }, askedAt };
  if (effect.type === "renew" && luck === null) return { type: "renewed", policy, askedAt };
  if (effect.type === "seal" && luck === null) return { type: "sealed" };
  if (effect.type === "abort" && luck === null) return { type: "aborted" };
  if (effect.type === "status" && luck === null) return { type: "statusRead", status: statusOf("verified") };
  const call = effect.type as "open" | "resume" | "renew" | "seal" | "status" | "abort";
  return { type: "callFailed", call, failure: oneOf(callFailures, luck ?? 0) };
}

export function oneOf<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}
