import type { Digests } from "../state/file";

export type HashOptions = {
  /** Whether to take an MD5 besides the SHA-256. */
  readonly md5: boolean;
  readonly signal?: AbortSignal;
};

/**
 * Takes checksums, off the main thread where that is worth it. Rejects if the bytes cannot be read, and soon after
 * `signal` is aborted.
 */
export type Hasher = {
  /** Of a whole file, which is read piece by piece, or of bytes in hand. */
  digests(file: Blob | Uint8Array<ArrayBuffer>, options: HashOptions): Promise<Digests>;
  /** CRC64NVME in base64, as S3's headers have it. */
  crc64nvme(part: Blob, signal?: AbortSignal): Promise<string>;
};
