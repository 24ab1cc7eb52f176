import type { FileHandle } from "node:fs/promises";
import type { BlobFiles } from "./blobs";
import type { Database } from "./database";
import { newId } from "./ids";
import type { DataRef } from "./records";

/** Bytes received and not yet part of any object. */
export interface StagedData {
  /** Makes them part of the transaction that is running; call once. */
  place(): DataRef;
  /** Throws them away, for when that transaction did not come about. */
  discard(): Promise<void>;
}

/** Objects up to this size live in the database: one group commit is far cheaper than a file each. */
const INLINE_BYTES = 32 * 1024;
/** Bytes gathered before they are handed to the disk in one call. */
const BATCH_BYTES = 512 * 1024;

/** Takes bodies of any length in constant memory. */
export class Staging {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
  ) {}

  open(): StagedWriter {
    return new StagedWriter(this.database, this.blobs);
  }
}

/** Collects a small body in memory, and moves over to a temporary file when it grows. One write is under way at a time. */
export class StagedWriter {
  readonly #id = newId();
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #handle: FileHandle | undefined;
  #writing: Promise<unknown> | undefined;
  #closed = false;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
  ) {}

  /** Takes a chunk; a promise given back must be awaited before the next one (backpressure). */
  write(chunk: Buffer): Promise<void> | undefined {
    this.#batch.push(chunk);
    this.#batchBytes += chunk.length;
    return this.#batchBytes >= (this.#handle ? BATCH_BYTES : INLINE_BYTES + 1) ? this.#flush() : undefined;
  }

  /** Ends the body: after this a large one is flushed and named, a small one still in memory. */
  async finish(): Promise<StagedData> {
    if (!this.#handle) {
      const bytes = Buffer.concat(this.#batch);
      return { place: () => this.#placeInline(bytes), discard: async () => {} };
    }
    await this.#flush();
    await this.#writing;
    this.#closed = true;
    await this.blobs.publish(this.#id, this.#handle);
    return { place: () => this.#placeFile(), discard: async () => this.blobs.discard([this.#id]) };
  }

  /** Leaves nothing behind. */
  async abort(): Promise<void> {
    this.#batch = [];
    if (!this.#handle) return;
    await this.#writing?.catch(() => {}); // already reported by the write that failed
    if (!this.#closed) await this.#handle.close();
    await this.blobs.discardTemporary(this.#id);
  }

  async #flush(): Promise<void> {
    this.#handle ??= await this.blobs.create(this.#id);
    await this.#writing;
    if (this.#batch.length === 0) return;
    const [batch, handle] = [this.#batch, this.#handle];
    this.#batch = [];
    this.#batchBytes = 0;
    this.#writing = writeAll(handle, batch);
    this.#writing.catch(() => {}); // seen by the next flush, which awaits it
  }

  #placeInline(bytes: Buffer): DataRef {
    this.database.inline.put(Buffer.from(this.#id), bytes);
    return { kind: "inline", id: this.#id };
  }

  #placeFile(): DataRef {
    const data: DataRef = { kind: "file", id: this.#id };
    this.database.retain(data);
    return data;
  }
}

async function writeAll(handle: FileHandle, batch: Buffer[]): Promise<void> {
  const total = batch.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await handle.writev(batch);
  if (bytesWritten === total) return;
  for (let rest = Buffer.concat(batch).subarray(bytesWritten); rest.length > 0; ) {
    rest = rest.subarray((await handle.write(rest)).bytesWritten);
  }
}
