import { createHash } from "node:crypto";
import type { ChecksumAlgorithm } from "./checksum";
import { runningChecksum } from "./checksum";

/** The digests of bodies: MD5 for the ETag, and the checksums of S3. */
export type DigestName = "MD5" | ChecksumAlgorithm;

/** Base64 by algorithm. */
export type DigestValues = ReadonlyMap<DigestName, string>;

/** Computes the digests of one body. */
export interface BodyDigests {
  /** Returns the digests of the whole body; to be called once. */
  finish(): DigestValues | Promise<DigestValues>;
  /** Stops the computation; resolves when the file of the body is no longer read. */
  discard(): Promise<void>;
}

/** Computes digests chunk by chunk in the receiving thread, which is fastest for small bodies. */
export class RunningDigests implements BodyDigests {
  readonly #running: ReadonlyMap<DigestName, { update(chunk: Uint8Array): void; digest(): string }>;

  constructor(names: ReadonlySet<DigestName>) {
    this.#running = new Map([...names].map((name) => [name, name === "MD5" ? runningMd5() : runningChecksum(name)]));
  }

  update(chunk: Uint8Array): void {
    for (const running of this.#running.values()) running.update(chunk);
  }

  finish(): DigestValues {
    return new Map([...this.#running].map(([name, running]) => [name, running.digest()]));
  }

  async discard(): Promise<void> {}
}

function runningMd5() {
  const hash = createHash("md5");
  return { update: (chunk: Uint8Array) => void hash.update(chunk), digest: () => hash.digest("base64") };
}
