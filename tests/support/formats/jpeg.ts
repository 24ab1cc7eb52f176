/** A JPEG that is almost all header: flat grey squares, each the height and width of 8 pixels times the picture's factor. */

const zigzagFlat = Buffer.alloc(64, 1);
/** Code lengths and values of DC differences (ITU-T T.81, table K.3) and of "end of block" alone. */
const dcTable = Buffer.from([
  0,
  0,
  1,
  5,
  1,
  1,
  1,
  1,
  1,
  1,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  ...Array.from({ length: 12 }, (_, i) => i),
]);
const acTable = Buffer.from([0x10, 1, ...Array.from({ length: 15 }, () => 0), 0]);

/**
 * Writes a grey JPEG of any size, whose left half is black and whose right half is white. In memory it takes a bit for each
 * block of 64 pixels; a decoder that shrinks while it reads needs as little.
 */
export function giantJpeg(width: number, height: number): Buffer {
  const across = Math.ceil(width / 8);
  const down = Math.ceil(height / 8);
  const frame = Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  const writer = new BitWriter(Math.ceil((across * down * 4) / 8) + down * 8);
  // Each row starts from the value that the last one ended with: 255 − 128, in eighths of the table's steps.
  const [black, white] = [-1_024, 1_016];
  let last = 0;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const value = x < across / 2 ? black : white;
      writer.difference(value - last);
      last = value;
    }
  }
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.concat([Buffer.from([0]), zigzagFlat])),
    segment(0xc0, frame),
    segment(0xc4, dcTable),
    segment(0xc4, acTable),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    writer.finish(),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function segment(marker: number, data: Buffer): Buffer {
  const length = data.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), data]);
}

/** The frame header of a JPEG with other processes or precisions, and nothing after it. */
export function jpegHeader(process: number, precision: number): Buffer {
  const frame = Buffer.from([precision, 0, 48, 0, 64, 1, 1, 0x11, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xc0 + process, frame),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
  ]);
}

/** Codes of table K.3 by category: their bits and how many. */
const codes = [
  [0b00, 2],
  [0b010, 3],
  [0b011, 3],
  [0b100, 3],
  [0b101, 3],
  [0b110, 3],
  [0b1110, 4],
  [0b11110, 5],
  [0b111110, 6],
  [0b1111110, 7],
  [0b11111110, 8],
  [0b111111110, 9],
] as const;

class BitWriter {
  #bytes: Buffer;
  #length = 0;
  #held = 0;
  #heldBits = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.alloc(capacity * 2);
  }

  /** A block of one value: the difference to the last block's, and the end of the block (the only code, 0). */
  difference(value: number): void {
    const category = value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 1;
    const [code, bits] = codes[category] ?? [0, 2];
    this.#put(code, bits);
    if (category > 0) this.#put(value > 0 ? value : value + 2 ** category - 1, category);
    this.#put(0, 1);
  }

  finish(): Buffer {
    while (this.#heldBits % 8 !== 0) this.#put(1, 1);
    return this.#bytes.subarray(0, this.#length);
  }

  #put(value: number, bits: number): void {
    this.#held = (this.#held << bits) | value;
    this.#heldBits += bits;
    while (this.#heldBits >= 8) {
      this.#heldBits -= 8;
      const byte = (this.#held >> this.#heldBits) & 255;
      this.#bytes[this.#length++] = byte;
      if (byte === 255) this.#bytes[this.#length++] = 0;
      this.#held &= 2 ** this.#heldBits - 1;
    }
  }
}
