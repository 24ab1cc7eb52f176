import type { FileAnswer } from "@/lib/upload/schema";
import type { Handles } from "./browser/handles";
import type { Hasher } from "./hash/hasher";
import { wholeCrc } from "./hash/whole-crc";
import type { Effect, OnDisk, UploaderEvent } from "./state/events";
import { callFailureOf, type UploadServer } from "./transport/server";
import type { PartTransport, Transport } from "./transport/transport";
import type { Clock } from "./uploader";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;
type Immediate = "stop" | "rename" | "releaseFile" | "yieldToPage" | "own" | "timer" | "noTimer" | "stopAll";
/** Effects that take time. */
type Lasting = Exclude<Effect, { type: Immediate }>;
type Call = EffectOf<"open" | "resume" | "renew" | "seal" | "status" | "abort">;

type Tools = {
  readonly server: UploadServer;
  readonly transport: Transport;
  readonly partTransport: PartTransport;
  readonly hasher: Hasher | undefined;
  readonly clock: Clock;
  readonly handles: Handles;
  readonly pause: () => Promise<void>;
  readonly dispatch: (event: UploaderEvent) => void;
};

/** Answers handled before the page may paint: a thousand of them are one long task on a slow machine. */
const answersAtOnce = 100;

/** Performs the effects that take time: sending, reading, calls to the site. Each ends with one event, unless stopped. */
export class Work {
  readonly #tools: Tools;
  readonly #connections = new Map<number, Set<AbortController>>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  begin(effect: Lasting): Promise<void> {
    switch (effect.type) {
      case "post":
        return this.#post(effect);
      case "part":
        return this.#part(effect);
      case "recheck":
        return this.#recheck(effect);
      case "hash":
        return this.#hash(effect);
      case "hashPart":
        return this.#hashPart(effect);
      case "files":
        return this.#registerFiles(effect);
      case "registerChecksums":
        return this.#registerChecksums(effect);
      case "sign":
        return this.#sign(effect);
      case "complete":
        return this.#complete(effect);
      case "cancelFiles":
        return this.#cancel(effect);
      default:
        return this.#call(effect);
    }
  }

  stop(fileId: number): void {
    for (const connection of this.#connections.get(fileId) ?? []) connection.abort();
    this.#connections.delete(fileId);
  }

  stopAll(): void {
    for (const fileId of [...this.#connections.keys()]) this.stop(fileId);
  }

  /** Runs `send`, on a connection or in the hasher. Returns null if `stop` ended it. */
  async #connected<T>(fileId: number, send: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const controller = new AbortController();
    const all = this.#connections.get(fileId) ?? new Set();
    this.#connections.set(fileId, all.add(controller));
    try {
      const outcome = await send(controller.signal);
      return controller.signal.aborted ? null : outcome;
    } catch (error) {
      if (controller.signal.aborted) return null;
      throw error;
    } finally {
      all.delete(controller);
      if (all.size === 0 && this.#connections.get(fileId) === all) this.#connections.delete(fileId);
    }
  }

  async #post(effect: EffectOf<"post">): Promise<void> {
    const { dispatch, handles, transport } = this.#tools;
    const { fileId, run, policy, key, contentType, sha256, quiet, generation } = effect;
    const bytes = handles.takeBytes(fileId);
    const file = handles.fileOf(fileId);
    if (!file) {
      dispatch({ type: "changed", fileId, run, onDisk: null });
      return;
    }
    const onProgress = (sentBytes: number) => dispatch({ type: "progressed", fileId, run, sentBytes });
    const outcome = await this.#connected(fileId, (signal) =>
      transport({ policy, key, contentType, sha256, file, bytes, quiet, signal, onProgress }),
    );
    if (!outcome) return;
    const { failure, verified = false } = outcome;
    if (!failure) dispatch({ type: "posted", fileId, run, verified });
    else {
      const change = failure.kind === "network" ? await this.#changeOf(fileId, file) : null;
      if (change) dispatch({ type: "changed", fileId, run, onDisk: change.onDisk });
      else dispatch({ type: "postFailed", fileId, run, generation, failure });
    }
  }

  async #part(effect: EffectOf<"part">): Promise<void> {
    const { dispatch, handles, partTransport } = this.#tools;
    const { fileId, run, n, url, crc, start, end } = effect;
    const file = handles.fileOf(fileId);
    if (!file) {
      dispatch({ type: "partChanged", fileId, run, n, onDisk: null });
      return;
    }
    const onProgress = (sentBytes: number) => dispatch({ type: "partProgressed", fileId, run, n, sentBytes });
    const body = file.slice(start, end);
    const outcome = await this.#connected(fileId, (signal) => partTransport({ url, crc, body, signal, onProgress }));
    if (!outcome) return;
    const { failure } = outcome;
    if (!failure) dispatch({ type: "partSent", fileId, run, n, etag: outcome.etag });
    else {
      const change = failure.kind === "network" ? await this.#changeOf(fileId, file) : null;
      if (change) dispatch({ type: "partChanged", fileId, run, n, onDisk: change.onDisk });
      else dispatch({ type: "partFailed", fileId, run, n, failure });
    }
  }

  /**
   * A file that changes on the disk breaks its connection or its reading, as other failures do. Returns what is on the
   * disk if it changed, null if not.
   */
  async #changeOf(fileId: number, was: Pick<File, "size" | "lastModified">): Promise<{ onDisk: OnDisk } | null> {
    const onDisk = await this.#tools.handles.recheck(fileId);
    return onDisk?.sizeBytes === was.size && onDisk.lastModified === was.lastModified ? null : { onDisk };
  }

  async #hash({ fileId, run, sizeBytes, lastModified, md5, keep }: EffectOf<"hash">): Promise<void> {
    const { dispatch, handles, hasher } = this.#tools;
    const file = handles.fileOf(fileId);
    try {
      if (!file || !hasher) throw new TypeError("no file or no hasher");
      const hashed = await this.#connected(fileId, async (signal) => {
        const bytes = keep ? new Uint8Array(await file.arrayBuffer()) : null;
        return { bytes, digests: await hasher.digests(bytes ?? file, { md5, signal }) };
      });
      if (!hashed) return;
      if (hashed.bytes) handles.keepBytes(fileId, hashed.bytes);
      dispatch({ type: "hashed", fileId, run, digests: hashed.digests });
    } catch {
      const change = await this.#changeOf(fileId, { size: sizeBytes, lastModified });
      dispatch(
        change
          ? { type: "changed", fileId, run, onDisk: change.onDisk }
          : { type: "hashed", fileId, run, digests: null },
      );
    }
  }

  /** Hashes a part. The file is compared with the disk before each of its parts is read. */
  async #hashPart({ fileId, run, n, start, end, ...was }: EffectOf<"hashPart">): Promise<void> {
    const { dispatch, handles, hasher } = this.#tools;
    const size = { size: was.sizeBytes, lastModified: was.lastModified };
    const change = await this.#changeOf(fileId, size);
    if (change) {
      dispatch({ type: "partChanged", fileId, run, n, onDisk: change.onDisk });
      return;
    }
    let crc: string | null = null;
    try {
      const part = handles.fileOf(fileId)?.slice(start, end) ?? new Blob();
      if (hasher) {
        crc = await this.#connected(fileId, (signal) => hasher.crc64nvme(part, signal));
        if (crc === null) return;
      }
    } catch {
      const late = await this.#changeOf(fileId, size);
      if (late) {
        dispatch({ type: "partChanged", fileId, run, n, onDisk: late.onDisk });
        return;
      }
    }
    dispatch({ type: "partHashed", fileId, run, n, crc });
  }

  async #recheck({ fileId, run, checked }: EffectOf<"recheck">): Promise<void> {
    const { dispatch, handles } = this.#tools;
    dispatch({ type: "rechecked", fileId, run, onDisk: await handles.recheck(fileId, { read: !checked }) });
  }

  async #registerFiles({ uploadId, batch, files }: EffectOf<"files">): Promise<void> {
    const { dispatch, pause, server } = this.#tools;
    let answers: readonly FileAnswer[];
    try {
      answers = await server.files(uploadId, files);
    } catch (error) {
      dispatch({ type: "filesFailed", batch, failure: callFailureOf(error) });
      return;
    }
    const inAll = answers.length;
    for (let from = 0; from === 0 || from < inAll; from += answersAtOnce) {
      if (from > 0) await pause();
      dispatch({ type: "filesAnswered", batch, files: answers.slice(from, from + answersAtOnce), from, inAll });
    }
  }

  async #registerChecksums({ uploadId, batch, files }: EffectOf<"registerChecksums">): Promise<void> {
    const { dispatch, server } = this.#tools;
    try {
      await (server.registerChecksums?.(uploadId, files) ?? server.files(uploadId, files));
      dispatch({ type: "registeredMore", batch });
    } catch (error) {
      dispatch({ type: "filesFailed", batch, failure: callFailureOf(error) });
    }
  }

  async #sign({ fileId, multipartId, uploadId, request }: EffectOf<"sign">): Promise<void> {
    const { clock, dispatch, server } = this.#tools;
    const about = { fileId, multipartId, parts: request.parts };
    const requestedAt = clock.now();
    try {
      const { urls, elsewhere } = await server.parts(uploadId, request);
      dispatch({ type: "partsSigned", ...about, urls, elsewhere, requestedAt });
    } catch (error) {
      dispatch({ type: "signFailed", ...about, failure: callFailureOf(error) });
    }
  }

  async #complete({ fileId, multipartId, uploadId, request, pieces }: EffectOf<"complete">): Promise<void> {
    const { dispatch, pause, server } = this.#tools;
    try {
      const whole = pieces && { crc64nvme: await wholeCrc(pieces, pause) };
      await server.complete(uploadId, { ...request, ...whole });
      dispatch({ type: "completed", fileId, multipartId });
    } catch (error) {
      dispatch({ type: "completeFailed", fileId, multipartId, failure: callFailureOf(error) });
    }
  }

  async #cancel({ uploadId, batch, paths }: EffectOf<"cancelFiles">): Promise<void> {
    const { dispatch, server } = this.#tools;
    try {
      await server.cancel?.(uploadId, paths);
      dispatch({ type: "filesCanceled", batch });
    } catch (error) {
      dispatch({ type: "filesFailed", batch, failure: callFailureOf(error) });
    }
  }

  async #call(effect: Call): Promise<void> {
    const { clock, dispatch, server } = this.#tools;
    const requestedAt = clock.now();
    try {
      if (effect.type === "open") dispatch({ type: "opened", upload: await server.open(effect.request), requestedAt });
      else if (effect.type === "resume")
        dispatch({ type: "resumed", upload: await server.resume(effect.uploadId), requestedAt });
      else if (effect.type === "renew")
        dispatch({ type: "renewed", policy: await server.renewPolicy(effect.uploadId), requestedAt });
      else if (effect.type === "status") dispatch({ type: "statusRead", status: await server.status(effect.uploadId) });
      else {
        await server[effect.type](effect.uploadId);
        dispatch({ type: effect.type === "seal" ? "sealed" : "aborted" });
      }
    } catch (error) {
      dispatch({ type: "callFailed", call: effect.type, failure: callFailureOf(error) });
    }
  }
}
