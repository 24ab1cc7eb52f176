import { statfsSync } from "node:fs";
import { constants } from "node:os";
import { S3Error } from "../../protocol/errors";

/** Kept free by writes that grow the store: deletions change pages of the database and need room for them. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** Of that, kept free by delete markers, which free nothing: for permanent deletions. */
const MARKER_RESERVE_BYTES = RESERVE_BYTES / 2;
/** With less than this free, an I/O error counts as a full disk. */
const FULL_BYTES = 1024 * 1024;

/** Free space on the disk of a folder. The system call takes 2 µs, so that only writes in progress are counted here. */
export class DiskSpace {
  #claimedBytes = 0;

  constructor(private readonly folder: string) {}

  /**
   * Requires room for a write that grows the store.
   * @param bytes size of the write
   * @throws S3Error InsufficientStorage when that would leave too little for deletions
   */
  require(bytes: number): void {
    if (this.#freeBytes() - this.#claimedBytes - bytes < RESERVE_BYTES) throw new S3Error("InsufficientStorage");
  }

  /**
   * Reserves room for a write that is about to begin.
   * @returns a function to call when the write is done
   * @throws S3Error InsufficientStorage
   */
  claim(bytes: number): () => void {
    this.require(bytes);
    this.#claimedBytes += bytes;
    return () => {
      this.#claimedBytes -= bytes;
    };
  }

  /** Requires room for a delete marker. @throws S3Error InsufficientStorage */
  requireForMarker(): void {
    if (this.#freeBytes() < MARKER_RESERVE_BYTES) throw new S3Error("InsufficientStorage");
  }

  /** Whether a system error means a full disk; LMDB reports a short write as EIO. */
  explains(errno: unknown): boolean {
    const { ENOSPC, EDQUOT, EIO } = constants.errno;
    return errno === ENOSPC || errno === EDQUOT || (errno === EIO && this.#freeBytes() < FULL_BYTES);
  }

  #freeBytes(): number {
    const { blocks, bavail, bsize } = statfsSync(this.folder);
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize; // some network file systems do not report it
  }
}
