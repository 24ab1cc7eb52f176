import { deflateSync } from "node:zlib";

/**
 * A writer of TIFF files, raw files among them, for what no encoder at hand writes. The project's reader shares nothing with
 * it: each has its own idea of the format.
 */

type Values = number[] | string;
const types = { byte: [1, 1], ascii: [2, 1], short: [3, 2], long: [4, 4], rational: [5, 8], double: [12, 8] } as const;
export type Entry = [tag: number, type: keyof typeof types, values: Values];

export type Directory = {
  entries: Entry[];
  /** The tags for their places and lengths are added. */
  strips?: Buffer[];
  tiles?: Buffer[];
  /** As tags 513 and 514 have it. */
  jpeg?: Buffer;
  below?: Directory[];
};

export type TiffOptions = {
  isBigEndian?: boolean;
  /** In place of 42. */
  magic?: number;
  /** Between header and first directory. */
  preamble?: Buffer;
};

export function tiffFile(directories: Directory[], options: TiffOptions = {}): Buffer {
  const { isBigEndian = false, magic = 42, preamble = Buffer.alloc(0) } = options;
  const integers = (size: number, values: number[]) => {
    const bytes = Buffer.alloc(size * values.length);
    for (const [i, value] of values.entries()) {
      if (isBigEndian) bytes.writeUIntBE(value, i * size, size);
      else bytes.writeUIntLE(value, i * size, size);
    }
    return bytes;
  };
  const encoded = (type: keyof typeof types, values: Values): Buffer => {
    if (typeof values === "string") return Buffer.from(`${values}\0`, "latin1");
    if (type === "rational")
      return integers(
        4,
        values.flatMap((value) => [value, 1]),
      );
    if (type !== "double") return integers(types[type][1], values);
    const bytes = Buffer.alloc(8 * values.length);
    for (const [i, value] of values.entries())
      isBigEndian ? bytes.writeDoubleBE(value, i * 8) : bytes.writeDoubleLE(value, i * 8);
    return bytes;
  };
  const pieces: Buffer[] = [Buffer.alloc(8), preamble];
  let length = 8 + preamble.length;
  const append = (bytes: Buffer): number => {
    const padding = Buffer.alloc(length % 2);
    const at = length + padding.length;
    pieces.push(padding, bytes);
    length = at + bytes.length;
    return at;
  };
  const write = ({ entries, strips, tiles, jpeg, below }: Directory, next: number): number => {
    const all: Entry[] = [...entries];
    const blocks = strips ?? tiles;
    const [offsets, counts] = tiles ? [324, 325] : [273, 279];
    if (blocks) all.push([offsets, "long", blocks.map(append)], [counts, "long", blocks.map((block) => block.length)]);
    if (jpeg) all.push([513, "long", [append(jpeg)]], [514, "long", [jpeg.length]]);
    if (below) all.push([330, "long", below.map((directory) => write(directory, 0))]);
    const rows = all
      .sort(([a], [b]) => a - b)
      .map(([tag, type, values]) => {
        const bytes = encoded(type, values);
        const [code, size] = types[type];
        const field =
          bytes.length > 4 ? integers(4, [append(bytes)]) : Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]);
        return Buffer.concat([integers(2, [tag, code]), integers(4, [bytes.length / size]), field]);
      });
    return append(Buffer.concat([integers(2, [rows.length]), ...rows, integers(4, [next])]));
  };
  const first = [...directories].reverse().reduce((next, directory) => write(directory, next), 0);
  const [header] = pieces;
  header?.set(Buffer.concat([Buffer.from(isBigEndian ? "MM" : "II"), integers(2, [magic]), integers(4, [first])]));
  return Buffer.concat(pieces);
}

type SampleFormat = "unsigned" | "signed" | "float";

export type PictureOptions = TiffOptions & {
  width?: number;
  height?: number;
  bits?: number;
  format?: SampleFormat;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 8 CIELab. */
  photometric?: number;
  samples?: number;
  value: (x: number, y: number, sample: number) => number;
  compression?: "none" | "deflate" | "packbits" | "zstd";
  predictor?: 1 | 2 | 3;
  isPlanar?: boolean;
  rowsPerStrip?: number;
  /** The last strip has as many rows as the others, though the picture ends before. */
  fillsLastStrip?: boolean;
  tileSide?: number;
  extra?: Entry[];
};

const compressions = {
  none: [1, (bytes: Buffer) => bytes],
  deflate: [8, (bytes: Buffer) => deflateSync(bytes)],
  packbits: [32_773, packBits],
  zstd: [50_000, zstdFrame],
} as const;

/** Writes a picture of numbers: samples of any size and format, in strips or tiles, side by side or in planes. */
export function tiffPicture(options: PictureOptions): Buffer {
  const { width = 64, height = 48, bits = 8, format = "unsigned", photometric = 1, samples = 1 } = options;
  const { compression = "none", predictor = 1, isPlanar = false, rowsPerStrip = 16, tileSide, extra = [] } = options;
  const isFilled = tileSide !== undefined || options.fillsLastStrip;
  const [code, compress] = compressions[compression];
  const planes = isPlanar
    ? Array.from({ length: samples }, (_, i) => [i])
    : [Array.from({ length: samples }, (_, i) => i)];
  const blocks: Buffer[] = [];
  const [blockWidth, blockHeight] = tileSide ? [tileSide, tileSide] : [width, rowsPerStrip];
  for (const plane of planes) {
    for (let top = 0; top < height; top += blockHeight) {
      for (let left = 0; left < width; left += blockWidth) {
        const rows = isFilled ? blockHeight : Math.min(blockHeight, height - top);
        const lines = Array.from({ length: rows }, (_, y) =>
          line(options, plane, { left, y: top + y, count: blockWidth }),
        );
        blocks.push(compress(Buffer.concat(lines)));
      }
    }
  }
  const entries: Entry[] = [
    [256, "long", [width]],
    [257, "long", [height]],
    [258, "short", Array.from({ length: samples }, () => bits)],
    [259, "short", [code]],
    [262, "short", [photometric]],
    [277, "short", [samples]],
    [284, "short", [isPlanar ? 2 : 1]],
    [317, "short", [predictor]],
    [339, "short", Array.from({ length: samples }, () => ({ unsigned: 1, signed: 2, float: 3 })[format])],
    ...(tileSide
      ? ([
          [322, "short", [tileSide]],
          [323, "short", [tileSide]],
        ] satisfies Entry[])
      : ([[278, "long", [rowsPerStrip]]] satisfies Entry[])),
    ...extra,
  ];
  return tiffFile([{ entries, ...(tileSide ? { tiles: blocks } : { strips: blocks }) }], options);
}

function line(
  { bits = 8, format = "unsigned", predictor = 1, isBigEndian = false, width = 64, height = 48, value }: PictureOptions,
  plane: number[],
  { left, y, count }: { left: number; y: number; count: number },
): Buffer {
  const numbers = Array.from({ length: count }, (_, x) =>
    plane.map((sample) => (left + x < width && y < height ? value(left + x, y, sample) : 0)),
  ).flat();
  const raw = numbers.map((number) => rawBits(number, bits, format));
  const modulus = 1n << BigInt(bits);
  if (predictor === 2) {
    for (let i = raw.length - 1; i >= plane.length; i--) {
      raw[i] = ((raw[i] ?? 0n) - (raw[i - plane.length] ?? 0n) + modulus) % modulus;
    }
  }
  const packed = bits % 8 === 0 ? wholeBytes(raw, bits / 8, isBigEndian && predictor !== 3) : bitStream(raw, bits);
  return predictor === 3 ? floatDifferences(packed, raw.length, plane.length) : packed;
}

/** The bits of a number as an unsigned one. */
function rawBits(value: number, bits: number, format: SampleFormat): bigint {
  if (format !== "float") return BigInt.asUintN(bits, BigInt(Math.round(value)));
  const view = new DataView(new ArrayBuffer(8));
  if (bits === 64) view.setFloat64(0, value);
  else if (bits === 32) view.setFloat32(4, value);
  else view.setUint16(6, halfBits(value));
  return view.getBigUint64(0);
}

/** Rounds down to half precision; NaN and infinity included. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.floor(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | Math.floor((size / 2 ** exponent - 1) * 1_024);
}

function wholeBytes(raw: bigint[], size: number, isBigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(raw.length * size);
  for (const [i, value] of raw.entries()) {
    for (let byte = 0; byte < size; byte++) {
      const shift = BigInt(8 * (isBigEndian ? size - 1 - byte : byte));
      bytes[i * size + byte] = Number((value >> shift) & 0xffn);
    }
  }
  return bytes;
}

function bitStream(raw: bigint[], bits: number): Buffer {
  const text = raw.map((value) => value.toString(2).padStart(bits, "0")).join("");
  return Buffer.from(
    Array.from({ length: Math.ceil(text.length / 8) }, (_, i) =>
      Number.parseInt(text.slice(i * 8, i * 8 + 8).padEnd(8, "0"), 2),
    ),
  );
}

/** Adobe's predictor 3: the highest bytes of all numbers first, and each byte as the difference to the one before it. */
function floatDifferences(littleEndian: Buffer, count: number, stride: number): Buffer {
  const size = littleEndian.length / count;
  const bytes = Buffer.alloc(littleEndian.length);
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < size; byte++) bytes[byte * count + i] = littleEndian[i * size + size - 1 - byte] ?? 0;
  }
  for (let i = bytes.length - 1; i >= stride; i--) bytes[i] = (bytes[i] ?? 0) - (bytes[i - stride] ?? 0);
  return bytes;
}

/** Literals and, for the ends of rows, runs. */
function packBits(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    let run = 1;
    while (run < 128 && bytes[at + run] === bytes[at] && at + run < bytes.length) run++;
    if (run > 2) {
      pieces.push(Buffer.from([257 - run, bytes[at] ?? 0]));
      at += run;
    } else {
      const literal = bytes.subarray(at, at + Math.min(100, bytes.length - at));
      pieces.push(Buffer.from([literal.length - 1]), literal);
      at += literal.length;
    }
  }
  return Buffer.concat(pieces);
}

/** A Zstandard frame of blocks that are not compressed (RFC 8878): Node.js 20 has no compressor. */
function zstdFrame(bytes: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0b1010_0000; // one segment, its size in four bytes
  header.writeUInt32LE(bytes.length, 5);
  const pieces: Buffer[] = [header];
  const most = 65_536;
  for (let at = 0; at < bytes.length; at += most) {
    const block = bytes.subarray(at, at + most);
    const isLast = at + most >= bytes.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    pieces.push(head, block);
  }
  return Buffer.concat(pieces);
}
