import type { Digests } from "../state/file";

export type HashOptions = {
  /** Whether an MD5 is wanted beside the SHA-256. */
  readonly md5: boolean;
  readonly signal?: AbortSignal;
};

/**
 * Takes checksums, away from the main thread where there is one and it is worth it. Rejects where the bytes cannot be read,
 * and soon after `signal` where it is of use no more.
 */
export type Hasher = {
  /** Of a whole file, which is read piece by piece, or of bytes in hand. */
  digests(file: Blob | Uint8Array<ArrayBuffer>, options: HashOptions): Promise<Digests>;
  /** CRC64NVME in base64, as S3's headers have it. */
  crc64nvme(part: Blob, signal?: AbortSignal): Promise<string>;
};
