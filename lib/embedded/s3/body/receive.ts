import { createHash } from "node:crypto";
import { S3Error } from "../errors";
import type { StagedData, Staging } from "../store/staging";
import type { Checksum, ChecksumDemand } from "./checksum";
import { checksumHeader, runningChecksum } from "./checksum";
import type { Payload } from "./payload";

/** A body that arrived whole and passed every check, ready to be committed or thrown away. */
export interface Received {
  readonly data: StagedData;
  readonly sizeBytes: number;
  /** Hex MD5. */
  readonly md5: string;
  readonly checksum: Checksum | undefined;
}

export interface Expectations {
  /** Base64 Content-MD5. */
  readonly md5: string | undefined;
  readonly checksum: ChecksumDemand | undefined;
  /** Upper bound in bytes, EntityTooLarge beyond. */
  readonly maxBytes: number;
  /** Lower bound in bytes, EntityTooSmall below. */
  readonly minBytes?: number;
  /** Size known beforehand; a body of another size is IncompleteBody. */
  readonly exactBytes?: number;
}

/**
 * Streams a body to a staging place while hashing it, then holds it against what the client promised.
 * Whatever fails, the staged bytes are gone before this rejects.
 * @throws S3Error BadDigest, XAmzContentSHA256Mismatch, IncompleteBody, EntityTooLarge, EntityTooSmall
 */
export async function receive(
  payload: Omit<Payload, "sizeBytes">,
  expected: Expectations,
  staging: Staging,
): Promise<Received> {
  const md5 = createHash("md5");
  const sha256 = payload.sha256 === undefined ? undefined : createHash("sha256");
  const running = expected.checksum && runningChecksum(expected.checksum.algorithm);
  const writer = staging.open();
  let sizeBytes = 0;
  try {
    for await (const chunk of payload.chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > expected.maxBytes) throw tooLarge(sizeBytes, expected.maxBytes);
      md5.update(chunk);
      sha256?.update(chunk);
      running?.update(chunk);
      const full = writer.write(chunk);
      if (full) await full;
    }
    if (expected.exactBytes !== undefined && sizeBytes !== expected.exactBytes) throw new S3Error("IncompleteBody");
    if (sizeBytes < (expected.minBytes ?? 0)) {
      const details = { ProposedSize: String(sizeBytes), MinSizeAllowed: String(expected.minBytes) };
      throw new S3Error("EntityTooSmall", undefined, details);
    }
    if (sha256 && sha256.digest("hex") !== payload.sha256) throw new S3Error("XAmzContentSHA256Mismatch");
    const digest = md5.digest();
    if (expected.md5 !== undefined && digest.toString("base64") !== expected.md5) throw new S3Error("BadDigest");
    const checksum = expected.checksum && finishChecksum(expected.checksum, running?.digest() ?? "", payload.trailers);
    return { data: await writer.finish(), sizeBytes, md5: digest.toString("hex"), checksum };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function finishChecksum(demand: ChecksumDemand, value: string, trailers: ReadonlyMap<string, string>): Checksum {
  const header = checksumHeader(demand.algorithm);
  const expected = demand.expected ?? trailers.get(header);
  if (expected === undefined) throw new S3Error("InvalidRequest", `The trailer ${header} was announced but not sent.`);
  if (expected !== value) {
    throw new S3Error("BadDigest", `The ${demand.algorithm} you specified did not match the calculated checksum.`);
  }
  return { algorithm: demand.algorithm, value };
}

function tooLarge(size: number, max: number): S3Error {
  return new S3Error("EntityTooLarge", undefined, { ProposedSize: String(size), MaxSizeAllowed: String(max) });
}
