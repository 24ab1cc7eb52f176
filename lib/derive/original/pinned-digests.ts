import { createHash } from "node:crypto";
import { Crc64nvme } from "@/lib/checksum/crc64nvme";

/** A verified version of an original, and what is known of its bytes. */
export type Pinned = {
  key: string;
  versionId: string;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  /** Of the whole object in base64, as the storage computed it; null where it computes none. */
  crc64nvme: string | null;
  /** In hex: the sender's claim. */
  sha256: string | null;
};

/** The checksums of the bytes as they were read. `isProven`: they are the verified ones, so they hold for the stored bytes. */
export type Digests = { md5: string; sha256: string; isProven: boolean };

/** `md5` in hex; null where the ETag is not the MD5 of the bytes. */
type Known = Omit<Pinned, "key" | "versionId"> & { md5: string | null };

const MIB = 1024 * 1024;
const maxPartBytes = 5 * 1024 * MIB;

/** Computes the checksums of an original while it is read, and compares them with what is known of the verified version. */
export class PinnedDigests {
  readonly #pinned: Known;
  readonly #md5 = createHash("md5");
  readonly #sha256 = createHash("sha256");
  readonly #crc: Crc64nvme | null;
  readonly #composite: CompositeMd5 | null;

  constructor(pinned: Known) {
    this.#pinned = pinned;
    this.#crc = pinned.md5 === null && pinned.crc64nvme !== null ? new Crc64nvme() : null;
    this.#composite = pinned.md5 === null && pinned.crc64nvme === null ? compositeMd5(pinned) : null;
  }

  update(chunk: Buffer): void {
    this.#md5.update(chunk);
    this.#sha256.update(chunk);
    this.#crc?.update(chunk);
    this.#composite?.update(chunk);
  }

  /** Returns null when the bytes differ from the verified ones. */
  digests(): Digests | null {
    const md5 = this.#md5.digest("hex");
    const sha256 = this.#sha256.digest("hex");
    if (this.#pinned.md5 !== null) return md5 === this.#pinned.md5 ? { md5, sha256, isProven: true } : null;
    if (this.#crc) return this.#crc.digest() === this.#pinned.crc64nvme ? { md5, sha256, isProven: true } : null;
    // Another composite proves nothing: the parts may have had another size, or the ETag is none of MD5s.
    const isProven = this.#composite?.digest() === this.#pinned.etag || sha256 === this.#pinned.sha256;
    return { md5, sha256, isProven };
  }
}

/**
 * Returns the running ETag of an object in parts, the MD5 of its parts' MD5s. Their size is not known afterwards: the
 * smallest of 8 MiB, 16 MiB, … that gives the same number of parts is taken, as Atoll's own clients split files. Null where
 * the ETag is not of that form. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
function compositeMd5({ etag, sizeBytes }: Known): CompositeMd5 | null {
  const partCount = Number(/^[0-9a-f]{32}-(\d+)$/.exec(etag)?.[1] ?? 0);
  if (partCount === 0) return null;
  let partBytes = 8 * MIB;
  while (partBytes < maxPartBytes && Math.ceil(sizeBytes / partBytes) > partCount) partBytes *= 2;
  return Math.max(1, Math.ceil(sizeBytes / partBytes)) === partCount ? new CompositeMd5(partBytes) : null;
}

class CompositeMd5 {
  readonly #partBytes: number;
  readonly #parts: Buffer[] = [];
  #part = createHash("md5");
  #left: number;

  constructor(partBytes: number) {
    this.#partBytes = partBytes;
    this.#left = partBytes;
  }

  update(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + this.#left);
      this.#part.update(piece);
      at += piece.length;
      this.#left -= piece.length;
      if (this.#left === 0) this.#endPart();
    }
  }

  digest(): string {
    if (this.#left < this.#partBytes) this.#endPart();
    const md5 = createHash("md5").update(Buffer.concat(this.#parts)).digest("hex");
    return `${md5}-${this.#parts.length}`;
  }

  #endPart(): void {
    this.#parts.push(this.#part.digest());
    this.#part = createHash("md5");
    this.#left = this.#partBytes;
  }
}
