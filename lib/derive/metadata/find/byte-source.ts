import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes that are read when they are asked for. */
export type ByteSource = {
  readonly sizeBytes: number;
  /** Returns exactly these bytes. Throws UnreadableError when they are beyond the end or beyond the limits of the source. */
  read(position: number, length: number): Buffer;
};

/** Thrown for bytes that a file does not have, or that cost more to read than metadata is worth. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

/** Enough for a PNG of 2 GB in chunks of 8 KB. */
const maxReads = 300_000;
const maxReadBytes = 32 * 1024 * 1024;
/** Headers of segments, chunks and boxes are a few bytes: one system call reads several. */
const readAheadBytes = 1_024;

/** A file of which few bytes are read: the work is bounded, whatever offsets and lengths the file claims. */
export class FileSource implements ByteSource {
  readonly sizeBytes: number;
  /** Whether bytes beyond the end were asked for: the file is cut off, or is the beginning of a larger one. */
  isCutOff = false;
  readonly #file: number;
  #reads = 0;
  #readBytes = 0;
  #ahead: Buffer = Buffer.alloc(0);
  #aheadAt = 0;

  constructor(filePath: string) {
    this.#file = openSync(filePath, "r");
    this.sizeBytes = fstatSync(this.#file).size;
  }

  read(position: number, length: number): Buffer {
    this.#reads += 1;
    this.#readBytes += length;
    if (this.#reads > maxReads || this.#readBytes > maxReadBytes) throw new UnreadableError("too much to read");
    if (!isWithin(this.sizeBytes, position, length)) {
      this.isCutOff = true;
      throw new UnreadableError("beyond the end of the file");
    }
    const at = position - this.#aheadAt;
    if (at >= 0 && at + length <= this.#ahead.length) return this.#ahead.subarray(at, at + length);
    this.#ahead = this.#readFile(position, Math.min(Math.max(length, readAheadBytes), this.sizeBytes - position));
    this.#aheadAt = position;
    return this.#ahead.subarray(0, length);
  }

  close(): void {
    closeSync(this.#file);
  }

  #readFile(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const read = readSync(this.#file, bytes, done, length - done, position + done);
      if (read === 0) throw new UnreadableError("the file became shorter");
      done += read;
    }
    return bytes;
  }
}

/** Makes a source of bytes in memory. */
export function bytesSource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read(position, length) {
      if (!isWithin(bytes.length, position, length)) throw new UnreadableError("beyond the end of the block");
      return bytes.subarray(position, position + length);
    },
  };
}

/** Makes a source of a part of another one: a file inside a file. */
export function partSource(source: ByteSource, start: number, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    read(position, length) {
      if (!isWithin(sizeBytes, position, length)) throw new UnreadableError("beyond the end of the part");
      return source.read(start + position, length);
    },
  };
}

function isWithin(sizeBytes: number, position: number, length: number): boolean {
  return position >= 0 && length >= 0 && position + length <= sizeBytes;
}
