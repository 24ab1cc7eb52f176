import type { FileHandle } from "node:fs/promises";
import type { Database } from "./database/database";
import { newId } from "./database/ids";
import type { DataRef } from "./database/records";
import type { BlobFiles } from "./disk/blobs";
import type { DiskSpace } from "./disk/space";

/** Bytes received and not yet part of any object. */
export interface StagedData {
  /** Adds them to the transaction that is running; to be called once. */
  place(): DataRef;
  /** Deletes them, when that transaction failed. */
  discard(): Promise<void>;
}

/** Objects up to this size live in the database: one group commit is far cheaper than a file each. */
const INLINE_BYTES = 32 * 1024;
/** Bytes collected before they are written in one call. */
const BATCH_BYTES = 1024 * 1024;
/** Bytes written between two flushes: flushing while bytes arrive leaves less to wait for at the end. */
const SYNC_BYTES = 16 * 1024 * 1024;

/** Follows the writing of a file; a promise it returns is awaited before more is written. */
interface Follower {
  wrote(fd: number, sizeBytes: number): Promise<void> | undefined;
}

export interface WriterOptions {
  readonly follower?: Follower | undefined;
  /** Takes back a chunk once its bytes are in the file. */
  readonly recycle?: ((chunk: Buffer) => void) | undefined;
}

/** Takes bodies of any length in constant memory. */
export class Staging {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly space: DiskSpace,
  ) {}

  open(options: WriterOptions = {}): StagedWriter {
    return new StagedWriter(this.database, this.blobs, this.space, options);
  }
}

/** Collects a small body in memory and moves to a temporary file when it grows. One write runs at a time. */
export class StagedWriter {
  readonly #id = newId();
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #handle: FileHandle | undefined;
  #writing: Promise<void> | undefined;
  #writtenBytes = 0;
  #syncing: Promise<void> | undefined;
  #syncedBytes = 0;
  #isClosed = false;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly space: DiskSpace,
    private readonly options: WriterOptions,
  ) {}

  /**
   * Takes a chunk; a promise given back must be awaited before the next one (backpressure). Bodies that come together may
   * be larger than each of them said, so room is asked for as they arrive.
   * @throws S3Error InsufficientStorage
   */
  write(chunk: Buffer): Promise<void> | undefined {
    this.#batch.push(chunk);
    this.#batchBytes += chunk.length;
    const isFile = this.#handle !== undefined || this.options.follower !== undefined;
    return this.#batchBytes >= (isFile ? BATCH_BYTES : INLINE_BYTES + 1) ? this.#flush() : undefined;
  }

  /** Writes the rest of the body to the file, if there is one, so that its follower has seen all bytes. */
  async drain(): Promise<void> {
    if (!this.#handle && !this.options.follower) return;
    await this.#flush();
    await this.#writing;
  }

  /** Flushes a drained file to the disk. */
  async sync(): Promise<void> {
    await this.#syncing;
    await this.#handle?.datasync();
  }

  /** Names a file that was synced; small bytes are still in memory. */
  async finish(): Promise<StagedData> {
    if (!this.#handle) {
      const bytes = Buffer.concat(this.#batch);
      return { place: () => this.#placeInline(bytes), discard: async () => {} };
    }
    this.#isClosed = true;
    await this.#handle.close();
    await this.blobs.publish(this.#id);
    return { place: () => this.#placeFile(), discard: async () => this.blobs.discard([this.#id]) };
  }

  /** Deletes all that was written. */
  async abort(): Promise<void> {
    this.#batch = [];
    if (!this.#handle) return;
    await Promise.allSettled([this.#writing, this.#syncing]); // already reported by what failed first
    if (!this.#isClosed) await this.#handle.close();
    await this.blobs.discardTemporary(this.#id);
  }

  async #flush(): Promise<void> {
    this.space.require(this.#batchBytes);
    this.#handle ??= await this.blobs.create(this.#id);
    await this.#writing;
    if (this.#batch.length === 0) return;
    const [batch, handle] = [this.#batch, this.#handle];
    const release = this.space.claim(this.#batchBytes);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#writing = this.#writeOut(handle, batch).finally(release);
    this.#writing.catch(() => {}); // seen by the next flush, which awaits it
  }

  async #writeOut(handle: FileHandle, batch: Buffer[]): Promise<void> {
    const { follower, recycle } = this.options;
    this.#writtenBytes += await writeAll(handle, batch);
    if (recycle) batch.forEach(recycle);
    if (this.#writtenBytes - this.#syncedBytes >= SYNC_BYTES) {
      // The system reports a failed sync once only: await this one before starting the next.
      await this.#syncing;
      this.#syncedBytes = this.#writtenBytes;
      this.#syncing = handle.datasync();
      this.#syncing.catch(() => {}); // awaited above and by `sync`
    }
    await follower?.wrote(handle.fd, this.#writtenBytes);
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

/** @returns how many bytes there were */
async function writeAll(handle: FileHandle, batch: Buffer[]): Promise<number> {
  const total = batch.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await handle.writev(batch);
  if (bytesWritten === total) return total;
  for (let rest = Buffer.concat(batch).subarray(bytesWritten); rest.length > 0; ) {
    rest = rest.subarray((await handle.write(rest)).bytesWritten);
  }
  return total;
}
