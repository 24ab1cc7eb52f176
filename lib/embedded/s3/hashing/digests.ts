import { createHash } from "node:crypto";
import type { ChecksumAlgorithm } from "./checksum";
import { runningChecksum } from "./checksum";

/** What bodies are hashed by: for their ETag, and for the checksums of S3. */
export type DigestName = "MD5" | ChecksumAlgorithm;

/** Base64 by algorithm. */
export type DigestValues = ReadonlyMap<DigestName, string>;

/** Takes the digests of one body. */
export interface BodyDigests {
  /** All digests asked for, once the body is whole. To be called once. */
  finish(): DigestValues | Promise<DigestValues>;
  /** Forgets the body; resolves when its file is left alone. */
  abandon(): Promise<void>;
}

/** Digests taken chunk by chunk in the thread that receives: quickest for small bodies. */
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

  async abandon(): Promise<void> {}
}

function runningMd5() {
  const hash = createHash("md5");
  return { update: (chunk: Uint8Array) => void hash.update(chunk), digest: () => hash.digest("base64") };
}
