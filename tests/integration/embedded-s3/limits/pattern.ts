import { randomBytes } from "node:crypto";

const BLOCK_BYTES = 256 * 1024;
const block = randomBytes(BLOCK_BYTES);

/** The bytes of a large object from `at` on, at most one block: noise that is the same in each block, under the block's number. */
function piece(at: number, end: number): Buffer {
  const number = Math.floor(at / BLOCK_BYTES);
  const start = number * BLOCK_BYTES;
  const numbered = Buffer.from(block);
  numbered.writeDoubleBE(number);
  return numbered.subarray(at - start, Math.min(end - start, BLOCK_BYTES));
}

/** The bytes from `start` up to `end` of an object of any size, made as they are asked for: no two blocks are alike. */
export function* pattern(start: number, end: number): Generator<Buffer, void, undefined> {
  for (let at = start; at < end; ) {
    const next = piece(at, end);
    yield next;
    at += next.length;
  }
}

/** Holds a stream against the pattern as it arrives, without keeping it. */
export class PatternCheck {
  receivedBytes = 0;
  /** Where the first other byte was. */
  firstDifference: number | undefined;

  constructor(readonly start = 0) {}

  take(chunk: Buffer): void {
    let at = this.start + this.receivedBytes;
    for (const expected of pattern(at, at + chunk.length)) {
      const offset = at - this.start - this.receivedBytes;
      if (!expected.equals(chunk.subarray(offset, offset + expected.length))) this.firstDifference ??= at;
      at += expected.length;
    }
    this.receivedBytes += chunk.length;
  }
}
