import { crc32, deflateSync } from "node:zlib";

/** Writers of PNG files with chunks that say what their values mean. */

export type Chunk = [type: string, data: Buffer];

type PngOptions = {
  width?: number;
  height?: number;
  /** 8 or 16 bits, RGB. */
  bits?: 8 | 16;
  /** From 0 to 1. */
  value: (x: number, y: number) => readonly [number, number, number];
  /** Before the pixels. */
  chunks?: Chunk[];
  /** Bytes of the compressed pixels in each IDAT chunk. */
  pieceBytes?: number;
};

export function pngFile({
  width = 64,
  height = 48,
  bits = 8,
  value,
  chunks = [],
  pieceBytes = 4_096,
}: PngOptions): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([bits, 2], 8);
  const size = bits / 8;
  const max = 2 ** bits - 1;
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + width * 3 * size);
    for (let x = 0; x < width; x++) {
      for (const [c, part] of value(x, y).entries())
        row.writeUIntBE(Math.round(part * max), 1 + (x * 3 + c) * size, size);
    }
    return row;
  });
  const pixels = deflateSync(Buffer.concat(rows));
  const pieces: Chunk[] = [];
  for (let at = 0; at < pixels.length; at += pieceBytes) pieces.push(["IDAT", pixels.subarray(at, at + pieceBytes)]);
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  const all: Chunk[] = [["IHDR", head], ...chunks, ...pieces, ["IEND", Buffer.alloc(0)]];
  return Buffer.concat([signature, ...all.map(pngChunk)]);
}

function pngChunk([type, data]: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** The exponent with which values were stored: 1 for light itself, 0.45455 for what screens show. */
export function gamma(exponent: number): Chunk {
  return ["gAMA", integers(exponent)];
}

/** White, red, green, blue: x and y of each. */
export function chromaticities(...values: number[]): Chunk {
  return ["cHRM", integers(...values)];
}

/** Code points of ITU-T H.273. */
export function codePoints(primaries: number, transfer: number): Chunk {
  return ["cICP", Buffer.from([primaries, transfer, 0, 1])];
}

export function contentLight(mostNits: number): Chunk {
  return ["cLLI", Buffer.concat([integers(mostNits / 10), integers(0)])];
}

export const isSrgb: Chunk = ["sRGB", Buffer.from([0])];

export function profileChunk(profile: Buffer): Chunk {
  return ["iCCP", Buffer.concat([Buffer.from("profile\0\0", "latin1"), deflateSync(profile)])];
}

/** Hundred-thousandths, as PNG has them. */
function integers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(Math.round(value * 100_000), i * 4);
  return bytes;
}
