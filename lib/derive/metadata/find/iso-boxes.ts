import { type ByteSource, UnreadableError } from "./byte-source";

/** A box of an ISO base media file (ISO/IEC 14496-12, section 4.2). `start` and `end` enclose its content. */
export type Box = { type: string; start: number; end: number };

/** Iterates over the boxes in a range of the file. */
export function* boxesIn(source: ByteSource, start: number, end: number): Generator<Box> {
  let position = start;
  while (position + 8 <= end) {
    const header = source.read(position, 8);
    const type = header.toString("latin1", 4);
    const size = header.readUInt32BE();
    const isLarge = size === 1;
    const sizeBytes = isLarge ? toNumber(source.read(position + 8, 8).readBigUInt64BE()) : size;
    const boxEnd = size === 0 ? end : position + sizeBytes;
    const contentStart = position + (isLarge ? 16 : 8);
    if (boxEnd < contentStart) return;
    yield { type, start: contentStart, end: boxEnd };
    position = boxEnd;
  }
}

/** Reads fields one after another from a box's content. */
export class Fields {
  #position = 0;
  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#position;
  }

  /** Reads an unsigned integer of at most 6 or of 8 bytes. Damaged files declare other lengths. */
  uint(length: number): number {
    if (length > 8 || length === 7) throw new UnreadableError("a number of an odd length");
    const field = this.take(length);
    if (length === 0) return 0;
    return length === 8 ? toNumber(field.readBigUInt64BE()) : field.readUIntBE(0, length);
  }

  take(length: number): Buffer {
    if (length > this.left) throw new UnreadableError("beyond the end of the box");
    this.#position += length;
    return this.bytes.subarray(this.#position - length, this.#position);
  }

  /** Reads a text up to its zero. */
  text(): string {
    const end = this.bytes.indexOf(0, this.#position);
    const text = this.take((end < 0 ? this.bytes.length : end) - this.#position).toString("latin1");
    if (this.left > 0) this.#position += 1;
    return text;
  }
}

function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new UnreadableError("an offset beyond any file");
  return Number(value);
}
