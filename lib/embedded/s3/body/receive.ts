import type { Checksum, ChecksumAlgorithm, ChecksumDemand } from "../hashing/checksum";
import { type DigestName, RunningDigests } from "../hashing/digests";
import { FileDigests } from "../hashing/file-digests";
import { S3Error } from "../protocol/errors";
import type { StagedData, WriterOptions } from "../store/staging";
import type { Store } from "../store/store";
import { BodyChecksums } from "./body-checksums";
import type { Payload } from "./payload";

/** A body that arrived completely and passed every check. */
export interface Received {
  readonly data: StagedData;
  readonly sizeBytes: number;
  /** Hex MD5. */
  readonly md5: string;
  /** The checksum to keep. */
  readonly checksum: Checksum;
  /** The one the sender declared, when it is by another algorithm. */
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
  /** Approximate size, when the exact size is not known. */
  readonly likelyBytes?: number;
}

/** `recycle` takes back a chunk whose bytes are written: see `ContentStream`. */
export type ReceivedPayload = Omit<Payload, "sizeBytes"> & Pick<WriterOptions, "recycle">;

/** From this size another thread computes the digests; below, passing the work on costs more than it saves. */
const THREADED_BYTES = 4 * 1024 * 1024;

/**
 * Stages a body while hashing it, then checks it against what the client declared. When it rejects, the staged bytes are
 * deleted.
 * @throws S3Error InsufficientStorage, BadDigest, XAmzContentSHA256Mismatch, IncompleteBody, EntityTooLarge, EntityTooSmall
 */
export async function receive(
  payload: ReceivedPayload,
  expected: Expectations,
  { staging, digestThreads }: Pick<Store, "staging" | "digestThreads">,
): Promise<Received> {
  const checksums = new BodyChecksums(expected.checksum, expected.keep);
  const names = new Set<DigestName>(["MD5", ...checksums.algorithms]);
  if (payload.sha256 !== undefined) names.add("SHA256");
  const isLarge = (expected.exactBytes ?? expected.likelyBytes ?? 0) >= THREADED_BYTES && digestThreads.isWorthwhile;
  const digests = isLarge ? digestThreads.follow(names) : new RunningDigests(names);
  const follower = digests instanceof FileDigests ? digests : undefined;
  const writer = staging.open({ follower, recycle: payload.recycle });
  let sizeBytes = 0;
  try {
    for await (const chunk of payload.chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > expected.maxBytes) throw tooLarge(sizeBytes, expected.maxBytes);
      if (sizeBytes > (expected.exactBytes ?? sizeBytes)) throw new S3Error("IncompleteBody"); // before the whole body is written
      if (digests instanceof RunningDigests) digests.update(chunk);
      const full = writer.write(chunk);
      if (full) await full;
    }
    checkSize(sizeBytes, expected);
    await writer.drain();
    const [values] = await Promise.all([digests.finish(), writer.sync()]);
    const inHex = (name: DigestName) => Buffer.from(values.get(name) ?? "", "base64").toString("hex");
    if (payload.sha256 !== undefined && inHex("SHA256") !== payload.sha256)
      throw new S3Error("XAmzContentSHA256Mismatch");
    if (expected.md5 !== undefined && values.get("MD5") !== expected.md5) throw new S3Error("BadDigest");
    const { checksum, sent } = checksums.check(values, payload.trailers);
    return { data: await writer.finish(), sizeBytes, md5: inHex("MD5"), checksum, sent };
  } catch (error) {
    await digests.discard(); // before the file is closed
    await writer.abort();
    throw error;
  }
}

function checkSize(sizeBytes: number, { exactBytes, minBytes = 0 }: Expectations): void {
  if (exactBytes !== undefined && sizeBytes !== exactBytes) throw new S3Error("IncompleteBody");
  if (sizeBytes >= minBytes) return;
  const details = { ProposedSize: String(sizeBytes), MinSizeAllowed: String(minBytes) };
  throw new S3Error("EntityTooSmall", undefined, details);
}

function tooLarge(size: number, max: number): S3Error {
  return new S3Error("EntityTooLarge", undefined, { ProposedSize: String(size), MaxSizeAllowed: String(max) });
}
