import { createHash } from "node:crypto";
import { CRC32C, CRC64NVME } from "@/lib/checksum/crc-kind";
import { S3Error } from "../protocol/errors";
import { Crc32, type RunningCrc, WasmCrc } from "./crc";

/**
 * The additional checksums of S3.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Raw length of each checksum in bytes. */
const bytes: Record<ChecksumAlgorithm, number> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64. A composite checksum of a multipart object ends in `-N`. */
  readonly value: string;
}

/** What a client declared about the body: a value in a header, or the name of a trailer. */
export interface ChecksumDemand {
  readonly algorithm: ChecksumAlgorithm;
  readonly expected: string | undefined;
}

/** The algorithm of S3 when the client names none. */
export const DEFAULT_CHECKSUM: ChecksumAlgorithm = "CRC64NVME";

export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

/** Returns the type of a checksum. A composite one ends in a dash and the number of parts; base64 has no dash. */
export function checksumType({ value }: Checksum): ChecksumType {
  return value.includes("-") ? "COMPOSITE" : "FULL_OBJECT";
}

export function isChecksumAlgorithm(name: string | undefined): name is ChecksumAlgorithm {
  return checksumAlgorithms.includes(name as ChecksumAlgorithm);
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** Creates a running checksum whose `digest` is base64. */
export function runningChecksum(algorithm: ChecksumAlgorithm): RunningCrc {
  if (algorithm === "CRC32") return new Crc32();
  if (algorithm === "CRC32C") return new WasmCrc(CRC32C);
  if (algorithm === "CRC64NVME") return new WasmCrc(CRC64NVME);
  const hash = createHash(algorithm.toLowerCase());
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest("base64") };
}

/**
 * Reads `x-amz-checksum-*` and `x-amz-trailer` (also as form fields of a POST).
 * @param field value by lower-case name
 * @throws S3Error InvalidRequest for several checksums or an unknown trailer
 */
export function checksumDemand(field: (name: string) => string | undefined): ChecksumDemand | undefined {
  const given = checksumAlgorithms.filter((algorithm) => field(checksumHeader(algorithm)) !== undefined);
  const trailer = field("x-amz-trailer")?.trim().toLowerCase();
  if (given.length > 1 || (given.length > 0 && trailer)) {
    throw new S3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const [algorithm] = given;
  if (algorithm) {
    const expected = field(checksumHeader(algorithm)) ?? "";
    if (!isDigest(expected, bytes[algorithm])) {
      throw new S3Error("InvalidRequest", `Value for ${checksumHeader(algorithm)} header is invalid.`);
    }
    return { algorithm, expected };
  }
  if (trailer) {
    const named = checksumAlgorithms.find((one) => checksumHeader(one) === trailer);
    if (!named) throw new S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported");
    return { algorithm: named, expected: undefined };
  }
  return undefined;
}

/**
 * `Content-MD5` as base64 of 16 bytes.
 * @throws S3Error InvalidDigest
 */
export function contentMd5(value: string | undefined): string | undefined {
  if (value !== undefined && !isDigest(value.trim(), 16)) throw new S3Error("InvalidDigest");
  return value?.trim();
}

function isDigest(value: string, length: number): boolean {
  const decoded = Buffer.from(value, "base64");
  return decoded.length === length && decoded.toString("base64") === value;
}
