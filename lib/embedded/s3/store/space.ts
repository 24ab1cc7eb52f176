import { statfsSync } from "node:fs";
import { constants } from "node:os";
import { S3Error } from "../protocol/errors";

/** Kept free of what grows the store: a deletion changes pages of the database, too, and must find room for them. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** Of that, kept free of delete markers, which free nothing: for the deletions that do. */
const MARKER_RESERVE_BYTES = RESERVE_BYTES / 2;
/** With less than this free, a failed write is taken to have failed for want of room. */
const FULL_BYTES = 1024 * 1024;

/** Room on the disk that a folder is on. Asking costs 2 µs, so nothing is remembered but what is being written. */
export class DiskSpace {
  #claimedBytes = 0;

  constructor(private readonly folder: string) {}

  /**
   * To be asked before anything that makes the store grow.
   * @param bytes how much is to come
   * @throws S3Error InsufficientStorage when that would leave too little for deletions
   */
  require(bytes: number): void {
    if (this.#freeBytes() - this.#claimedBytes - bytes < RESERVE_BYTES) throw new S3Error("InsufficientStorage");
  }

  /**
   * Room for a write that is about to begin: others that ask meanwhile do not get it, too.
   * @returns to be called when the write is done and the disk knows of it
   * @throws S3Error InsufficientStorage
   */
  claim(bytes: number): () => void {
    this.require(bytes);
    this.#claimedBytes += bytes;
    return () => {
      this.#claimedBytes -= bytes;
    };
  }

  /** To be asked before a delete marker is made. @throws S3Error InsufficientStorage */
  requireForMarker(): void {
    if (this.#freeBytes() < MARKER_RESERVE_BYTES) throw new S3Error("InsufficientStorage");
  }

  /** Whether a system error says, or may hide (LMDB calls a short write EIO), that there is no room. */
  explains(errno: unknown): boolean {
    const { ENOSPC, EDQUOT, EIO } = constants.errno;
    return errno === ENOSPC || errno === EDQUOT || (errno === EIO && this.#freeBytes() < FULL_BYTES);
  }

  #freeBytes(): number {
    const { blocks, bavail, bsize } = statfsSync(this.folder);
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize; // some network file systems do not tell
  }
}
