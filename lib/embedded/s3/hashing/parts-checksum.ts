import { combineCrcs } from "@/lib/checksum/crc-combine";
import { CRC32, CRC32C, CRC64NVME, type CrcKind, crcText, crcValue } from "@/lib/checksum/crc-kind";
import { type Checksum, type ChecksumAlgorithm, type ChecksumType, runningChecksum } from "./checksum";

/** The algorithms whose checksum of a whole follows from those of its parts. */
const combinable: Partial<Record<ChecksumAlgorithm, CrcKind>> = { CRC32, CRC32C, CRC64NVME };

/** Which types an algorithm can have in a multipart upload, its default first. */
export function checksumTypes(algorithm: ChecksumAlgorithm): readonly ChecksumType[] {
  if (algorithm === "CRC64NVME") return ["FULL_OBJECT"];
  return combinable[algorithm] ? ["COMPOSITE", "FULL_OBJECT"] : ["COMPOSITE"];
}

/**
 * Computes the checksum of a multipart object from those of its parts, without reading the bytes: COMPOSITE, the checksum
 * of the parts' checksums with their number behind a dash, or FULL_OBJECT, the checksum of the whole.
 * @param parts in order; `value` is base64
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function partsChecksum(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly value: string; readonly sizeBytes: number }[],
): Checksum {
  const kind = combinable[algorithm];
  if (type === "FULL_OBJECT" && kind) {
    const pieces = parts.map(({ value, sizeBytes }) => ({ crc: crcValue(value), sizeBytes }));
    return { algorithm, value: crcText(kind, combineCrcs(kind, pieces)) };
  }
  const running = runningChecksum(algorithm);
  for (const { value } of parts) running.update(Buffer.from(value, "base64"));
  return { algorithm, value: `${running.digest()}-${parts.length}` };
}
