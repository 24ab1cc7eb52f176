import type { Tabs } from "./browser/tabs";
import type { WalkBatch } from "./browser/walk";
import type { Hasher } from "./hash/hasher";
import type { ConflictChoice } from "./state/file";
import type { UploaderStore } from "./state/state";
import type { UploadServer } from "./transport/server";
import type { PartTransport, Transport } from "./transport/transport";

/** Time, as far as the engine needs it; tests bring their own. */
export type Clock = {
  /** Milliseconds of a clock that does not jump. */
  now(): number;
  /** Runs `ring` once, `delayMs` later; gives what takes it back. */
  after(delayMs: number, ring: () => void): () => void;
};

export type UploaderOptions = {
  readonly server: UploadServer;
  /** Sends a small file. */
  readonly transport: Transport;
  /** Sends a part of a large one. */
  readonly partTransport: PartTransport;
  /** Without one nothing is hashed: the storage's own checksums are all there is. */
  readonly hasher?: Hasher;
  /** Without it the upload has all connections, and nothing keeps two tabs from resuming it at once. */
  readonly tabs?: Tabs;
  /** Known before the files are: nobody is asked. */
  readonly conflict?: ConflictChoice;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** How long changes are gathered before subscribers hear of them, in milliseconds. */
  readonly gatherMs?: number;
  readonly online?: boolean;
  /** Lets the browser paint between two batches of a large drop. */
  readonly pause?: () => Promise<void>;
};

export type Uploader = UploaderStore & {
  /** Takes in files as they are found; resolves when all are queued. Throws AppError CONFLICT once the upload is being sealed. */
  add(batches: AsyncIterable<WalkBatch>): Promise<void>;
  /** Goes on with an upload begun earlier, here or elsewhere; its files are to be added again. Before the first `add`. */
  resume(uploadId: string): void;
  /** Everything stops, and what is on its way is sent again later. */
  pause(): void;
  unpause(): void;
  pauseFile(fileId: number): void;
  unpauseFile(fileId: number): void;
  cancelFile(fileId: number): void;
  retryFile(fileId: number): void;
  retryFailed(): void;
  /** What becomes of files whose path is taken, of this upload's present and later ones. */
  chooseConflict(choice: ConflictChoice): void;
  /** Seals without the files that failed, or were not added again. */
  finish(): void;
  /** Gives the whole upload up, on the server, too. */
  cancelAll(): void;
  /** After a halt. */
  tryAgain(): void;
  setOnline(online: boolean): void;
  /** Stops connections and timers and forgets the files; the upload stays open on the server. */
  dispose(): void;
};
