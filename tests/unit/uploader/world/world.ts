import { partSizeOf, uploadPolicy } from "@/lib/upload/policy";
import type { FileAnswer, FileToSend, OpenedUpload, PostPolicy, UploadStatus } from "@/lib/upload/schema";
import { type Endpoint, endpointAt } from "@/lib/uploader/state/endpoints";
import type { Effect, Stamped, UploaderEvent } from "@/lib/uploader/state/events";
import type { Failure } from "@/lib/uploader/state/failures";
import { knownOf, type NewFile, type UploadFile } from "@/lib/uploader/state/file";
import { type InitialState, initialState } from "@/lib/uploader/state/initial-state";
import type { Multipart, Part } from "@/lib/uploader/state/multipart";
import type { UploaderState } from "@/lib/uploader/state/state";
import { itemsOf } from "@/lib/uploader/state/vector";
import { step } from "@/lib/uploader/steps/reducer";

export const uploadId = "0190b1f4-0000-7000-8000-000000000001";
export const prefix = `media/c/${uploadId}/`;

export function policyOf(lifeSeconds = 900, signedAt = Date.UTC(2026, 0, 1)): PostPolicy {
  const amzDate = new Date(signedAt).toISOString().replace(/[-:]|\.\d{3}/g, "");
  return {
    url: "http://s3.test/bucket",
    fields: { key: `${prefix}$\{filename}`, policy: "p", "x-amz-date": amzDate, "x-amz-signature": "s" },
    expiresAt: new Date(signedAt + lifeSeconds * 1_000).toISOString(),
  };
}

export function openedOf(policy = policyOf()): OpenedUpload {
  return { id: uploadId, state: "open", prefix, policy, expiresAt: "2026-01-08T00:00:00.000Z" };
}

export function statusOf(state: UploadStatus["state"], files = { total: 0, verified: 0, rejected: 0, pending: 0 }) {
  const dates = { createdAt: "2026-01-01T00:00:00.000Z", expiresAt: "2026-01-08T00:00:00.000Z" };
  const rest = { plannedFiles: null, plannedBytes: null, bytes: 0, rejected: [] };
  return { id: uploadId, label: "", state, ...dates, ...rest, files } satisfies UploadStatus;
}

export function newFile(path: string, sizeBytes = 100, refusal: NewFile["refusal"] = null): NewFile {
  return { path, sizeBytes, lastModified: 1, contentType: "image/jpeg", refusal };
}

/** What the server answers to a file it knows nothing of. */
export function answerOf({ path, size }: FileToSend, serial = 1): FileAnswer {
  if (size < uploadPolicy.multipartFromBytes) return { path, status: "post" };
  const partSize = partSizeOf(size);
  const fileId = `0190b1f4-0000-7000-8000-${String(serial).padStart(12, "0")}`;
  return {
    path,
    status: "multipart",
    multipart: { fileId, partSize, partCount: Math.ceil(size / partSize), done: [] },
  };
}

/** A state with its effects, moved on event by event; time moves only by the test. */
export class World {
  state: UploaderState;
  effects: Effect[] = [];
  at = 1_000;
  random = 0.5;
  /** Paths whose registration was canceled. */
  readonly canceled: string[] = [];
  /** How files that are registered are answered at once; null: by hand. */
  answer: ((file: FileToSend) => FileAnswer) | null = answerOf;

  constructor(initial: InitialState = {}) {
    this.state = initialState(initial);
  }

  send(event: UploaderEvent): readonly Effect[] {
    const stamped: Stamped = { ...event, at: this.at, random: this.random };
    const made = step(this.state, stamped);
    this.state = made.state;
    this.effects.push(...made.effects);
    const all = [...made.effects];
    for (const effect of made.effects) {
      if (!this.answer) break;
      if (effect.type === "files") all.push(...this.register(effect));
      else if (effect.type === "registerChecksums") all.push(...this.registerMore(effect));
      else if (effect.type === "cancelFiles") all.push(...this.cancel(effect));
    }
    return all;
  }

  /** The server registers a batch. */
  register({ batch, files }: Extract<Effect, { type: "files" }>): readonly Effect[] {
    this.effects = this.effects.filter((effect) => effect.type !== "files" || effect.batch !== batch);
    return this.send({ type: "filesAnswered", batch, files: files.map((file) => (this.answer ?? answerOf)(file)) });
  }

  /** The server registers the checksums of a batch. */
  registerMore({ batch }: Extract<Effect, { type: "registerChecksums" }>): readonly Effect[] {
    this.effects = this.effects.filter((effect) => effect.type !== "registerChecksums" || effect.batch !== batch);
    return this.send({ type: "registeredMore", batch });
  }

  cancel({ batch, paths }: Extract<Effect, { type: "cancelFiles" }>): readonly Effect[] {
    this.effects = this.effects.filter((effect) => effect.type !== "cancelFiles" || effect.batch !== batch);
    this.canceled.push(...paths);
    return this.send({ type: "filesCanceled", batch });
  }

  /** Takes the waiting effects of a type away. */
  take<Type extends Effect["type"]>(type: Type): Extract<Effect, { type: Type }>[] {
    const taken = this.effects.filter((effect) => effect.type === type);
    this.effects = this.effects.filter((effect) => effect.type !== type);
    return taken as Extract<Effect, { type: Type }>[];
  }

  add(...files: NewFile[]): void {
    this.send({ type: "walkStarted" });
    this.send({ type: "filesAdded", files, system: 0, twice: 0 });
    this.send({ type: "walkEnded" });
  }

  open(policy?: PostPolicy): void {
    this.take("open");
    this.send({ type: "opened", upload: openedOf(policy), requestedAt: this.at });
  }

  /** The storage takes the file, and it is on the disk as it was. */
  deliver({ fileId, run }: { fileId: number; run: number }): void {
    const { sizeBytes, lastModified } = this.file(fileId);
    this.send({ type: "posted", fileId, run });
    this.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes, lastModified } });
  }

  /** Connections to the policy's own endpoint at most. */
  get limit(): number {
    return endpointAt(this.state.endpoints, 0).limit;
  }

  /** The storage's other endpoints. */
  get others(): readonly Endpoint[] {
    return this.state.endpoints.slice(1);
  }

  files(): UploadFile[] {
    return [...itemsOf(this.state.files)];
  }

  file(fileId: number): UploadFile {
    const file = this.files()[fileId];
    if (!file) throw new Error(`no file ${fileId}`);
    return file;
  }

  /** Why the file waits, failed or was refused. */
  failure(fileId: number): Failure | null {
    const file = this.file(fileId);
    return "failure" in file ? file.failure : null;
  }

  multipart(fileId: number): Multipart {
    const { multipart } = knownOf(this.file(fileId));
    if (!multipart) throw new Error(`file ${fileId} has no parts`);
    return multipart;
  }

  /** The parts of the file that are worked on. */
  window(fileId: number): readonly Part[] {
    const file = this.file(fileId);
    return file.state === "parts" ? file.window : [];
  }
}
