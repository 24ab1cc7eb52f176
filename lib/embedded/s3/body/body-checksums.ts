import {
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumDemand,
  checksumHeader,
  DEFAULT_CHECKSUM,
} from "../hashing/checksum";
import type { DigestValues } from "../hashing/digests";
import { S3Error } from "../protocol/errors";

/** The checksums of one body: the one its sender declared and the one that is kept. Mostly these are the same. */
export class BodyChecksums {
  readonly #kept: ChecksumAlgorithm;

  /** @param keep the algorithm to keep, when it is not the sender's choice; the default is the sender's, else CRC64NVME */
  constructor(
    private readonly demand: ChecksumDemand | undefined,
    keep?: ChecksumAlgorithm,
  ) {
    this.#kept = keep ?? demand?.algorithm ?? DEFAULT_CHECKSUM;
  }

  /** The algorithms to compute. */
  get algorithms(): readonly ChecksumAlgorithm[] {
    return this.demand ? [this.#kept, this.demand.algorithm] : [this.#kept];
  }

  /**
   * Compares the declared checksum with the computed one.
   * @param values of the whole body, for all `algorithms`
   * @returns the checksum to keep, and the sender's when it is by another algorithm
   * @throws S3Error BadDigest, InvalidRequest for a missing trailer
   */
  check(
    values: DigestValues,
    trailers: ReadonlyMap<string, string>,
  ): { checksum: Checksum; sent: Checksum | undefined } {
    const checksum = (algorithm: ChecksumAlgorithm): Checksum => ({ algorithm, value: values.get(algorithm) ?? "" });
    if (!this.demand) return { checksum: checksum(this.#kept), sent: undefined };
    const sent = checksum(this.demand.algorithm);
    const header = checksumHeader(sent.algorithm);
    const expected = this.demand.expected ?? trailers.get(header);
    if (expected === undefined) throw new S3Error("InvalidRequest", `The trailer ${header} was declared but not sent.`);
    if (expected !== sent.value)
      throw new S3Error("BadDigest", `The ${sent.algorithm} you specified did not match the calculated checksum.`);
    return { checksum: checksum(this.#kept), sent: sent.algorithm === this.#kept ? undefined : sent };
  }
}
