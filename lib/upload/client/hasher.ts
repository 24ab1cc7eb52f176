import type { Digests } from "./file";
import { crc64nvmeOf, digestsOf } from "./hashing";

/**
 * Takes checksums, away from the main thread where there is one. Rejects where the bytes cannot be read, and soon after
 * `signal` where it is of use no more.
 */
export type Hasher = {
  /** SHA-256 and MD5 of a whole file, which is read piece by piece. */
  digests(file: Blob, signal?: AbortSignal): Promise<Digests>;
  /** CRC64NVME in base64, as S3's headers have it. */
  crc64nvme(part: Blob, signal?: AbortSignal): Promise<string>;
};

/** Hashes where it is called: for Node, and for browsers without workers. */
export const hashHere: Hasher = { digests: digestsOf, crc64nvme: crc64nvmeOf };
