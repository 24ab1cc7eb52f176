import { createHash } from "node:crypto";
import { runningChecksum } from "@/lib/embedded/s3/hashing/checksum";

export const hex = (algorithm: "md5" | "sha256", bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest("hex");

/** In base64, as S3 writes it. */
export function crc64nvme(bytes: Uint8Array): string {
  const running = runningChecksum("CRC64NVME");
  running.update(bytes);
  return running.digest();
}
