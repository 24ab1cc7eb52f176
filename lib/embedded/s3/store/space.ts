import { statfsSync } from "node:fs";
import { constants } from "node:os";
import { S3Error } from "../errors";

/** Kept free of what grows the store: a deletion changes pages of the database, too, and must find room for them. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** With less than this free, a failed write is taken to have failed for want of room. */
const FULL_BYTES = 1024 * 1024;

/** Room on the disk that a folder is on. Asking costs 2 µs, so nothing is remembered. */
export class DiskSpace {
  constructor(private readonly folder: string) {}

  /**
   * To be asked before anything that makes the store grow.
   * @param bytes how much is to come
   * @throws S3Error InsufficientStorage when that would leave too little for deletions
   */
  require(bytes: number): void {
    if (this.#freeBytes() - bytes < RESERVE_BYTES) throw new S3Error("InsufficientStorage");
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
