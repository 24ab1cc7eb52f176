import type { ConflictChoice } from "@/lib/upload/policy";
import type { Tabs } from "./browser/tabs";
import type { WalkBatch } from "./browser/walk";
import type { Hasher } from "./hash/hasher";
import type { OthersChoice, UploaderStore } from "./state/state";
import type { UploadServer } from "./transport/server";
import type { PartTransport, Transport } from "./transport/transport";

/** The time and timers of the engine; tests have their own. */
export type Clock = {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Calls `fire` once, `delayMs` later; returns a function that cancels it. */
  after(delayMs: number, fire: () => void): () => void;
};

export type UploaderOptions = {
  readonly server: UploadServer;
  /** Sends a small file. */
  readonly transport: Transport;
  /** Sends a part of a large one. */
  readonly partTransport: PartTransport;
  /** Without one nothing is hashed: only the storage's own checksums verify the files. */
  readonly hasher?: Hasher;
  /** Without it the upload has all connections, and two tabs can resume it at once. */
  readonly tabs?: Tabs;
  /** The choice for taken paths, made in advance. */
  readonly conflict?: ConflictChoice;
  /** The same for paths of other people's files. Without it, `conflict` counts, unless that is to replace them. */
  readonly othersConflict?: OthersChoice;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** How long changes are gathered before they are published, in milliseconds. */
  readonly gatherMs?: number;
  readonly online?: boolean;
  /** Lets the browser paint between two batches of a large drop. */
  readonly pause?: () => Promise<void>;
};

export type Uploader = UploaderStore & {
  /** Adds files as they are found; resolves when all are queued. Throws AppError CONFLICT once the upload is being sealed. */
  add(batches: AsyncIterable<WalkBatch>): Promise<void>;
  /** Resumes an upload begun earlier, here or elsewhere; its files must be added again. Before the first `add`. */
  resume(uploadId: string): void;
  /** Stops everything; files in flight are sent again later. */
  pause(): void;
  unpause(): void;
  pauseFile(fileId: number): void;
  unpauseFile(fileId: number): void;
  cancelFile(fileId: number): void;
  retryFile(fileId: number): void;
  retryFailed(): void;
  /** Applies to all files whose path is taken, now and later. */
  chooseConflict(choice: ConflictChoice): void;
  /** Applies to all files whose path belongs to another person's file, now and later. */
  chooseOthersConflict(choice: OthersChoice): void;
  /** Seals without the files that failed or were not added again. */
  finish(): void;
  /** Aborts the upload, here and on the server. */
  cancelAll(): void;
  /** Continues after a halt. */
  tryAgain(): void;
  setOnline(online: boolean): void;
  /** Stops connections and timers and forgets the files; the upload stays open on the server. */
  dispose(): void;
};
