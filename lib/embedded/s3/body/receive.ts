import { createHash } from "node:crypto";
import { S3Error } from "../errors";
import type { StagedData, Staging } from "../store/staging";
import { BodyChecksums } from "./body-checksums";
import type { Checksum, ChecksumAlgorithm, ChecksumDemand } from "./checksum";
import type { Payload } from "./payload";

/** A body that arrived whole and passed every check, ready to be committed or thrown away. */
export interface Received {
  readonly data: StagedData;
  readonly sizeBytes: number;
  /** Hex MD5. */
  readonly md5: string;
  /** The one to keep. */
  readonly checksum: Checksum;
  /** The one the sender promised, where that is another. */
  readonly sent: Checksum | undefined;
}

export interface Expectations {
  /** Base64 Content-MD5. */
  readonly md5: string | undefined;
  readonly checksum: ChecksumDemand | undefined;
  /** Algorithm of the checksum to keep, when it is not the sender's choice. */
  readonly keep?: ChecksumAlgorithm;
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
  const checksums = new BodyChecksums(expected.checksum, expected.keep);
  const writer = staging.open();
  let sizeBytes = 0;
  try {
    for await (const chunk of payload.chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > expected.maxBytes) throw tooLarge(sizeBytes, expected.maxBytes);
      md5.update(chunk);
      sha256?.update(chunk);
      checksums.update(chunk);
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
    const { checksum, sent } = checksums.finish(payload.trailers);
    return { data: await writer.finish(), sizeBytes, md5: digest.toString("hex"), checksum, sent };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function tooLarge(size: number, max: number): S3Error {
  return new S3Error("EntityTooLarge", undefined, { ProposedSize: String(size), MaxSizeAllowed: String(max) });
}
