import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, crc32, createDeflate, createInflate } from "node:zlib";
import type { Bytes } from "../bytes/bytes";

/** Where the bytes of a chunk lie. */
type Chunk = { type: string; at: number; length: number };

type Layout = {
  height: number;
  /** Of a row with the byte of its filter. */
  rowBytes: number;
  /** Of all rows. */
  pixelBytes: number;
  isInterlaced: boolean;
};

const signature = Buffer.from("89504e470d0a1a0a", "hex");
const maxChunks = 100_000;
/** Of chunks that say what the pixels mean. */
const maxColourBytes = 16 * 1024 * 1024;
/** What the pixels may take, inflated: writing them again takes time. */
const maxPixelBytes = 320 * 1024 * 1024;
/** Chunks that say what the pixels mean. */
const colourChunks = ["PLTE", "tRNS", "cICP", "iCCP", "sRGB", "gAMA", "cHRM", "sBIT"];
/** The filters of rows are numbered from 0. */
const lastFilter = 4;
const samplesOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const pieceBytes = 65_536;

/** Returns how many bytes of pixels are inflated to salvage a PNG; 0 where nothing is tried. */
export function salvagedBytes(bytes: Bytes): number {
  const head = bytes.read(signature.length, 21);
  const layout = head.length === 21 && head.toString("latin1", 4, 8) === "IHDR" ? layoutOf(head.subarray(8)) : null;
  return layout && layout.pixelBytes <= maxPixelBytes ? layout.pixelBytes : 0;
}

/**
 * Writes a sound PNG with the rows of a damaged one that can be inflated; the others are zero. Decoders stop at the first wrong
 * checksum. Returns the number of these rows, counted from the first. Of an interlaced picture all must be there, else 0: its rows
 * are spread. Needs memory for a few rows only.
 */
export async function salvagePng(bytes: Bytes, targetPath: string): Promise<number> {
  const chunks = readChunks(bytes);
  const contentOf = ({ at, length }: Chunk) => bytes.read(at, length);
  const head = chunks.filter(({ type }) => type === "IHDR").map(contentOf)[0];
  const layout = head?.length === 13 ? layoutOf(head) : null;
  if (!head || !layout || layout.pixelBytes > maxPixelBytes) return 0;
  const about = chunks.filter(({ type }) => colourChunks.includes(type));
  const pixels = chunks.filter(({ type }) => type === "IDAT");
  const sound = { rows: 0 };
  await pipeline(
    Readable.from(pixelsOf(bytes, pixels, layout, sound)),
    createDeflate({ level: 1 }),
    async function* (deflated: AsyncIterable<Buffer>) {
      yield Buffer.concat([signature, chunkOf("IHDR", head)]);
      for (const chunk of about) yield chunkOf(chunk.type, contentOf(chunk));
      for await (const piece of deflated) yield chunkOf("IDAT", piece);
      yield chunkOf("IEND", Buffer.alloc(0));
    },
    createWriteStream(targetPath),
  );
  return sound.rows;
}

/** Returns the chunks that are needed; of those about colours the first of each. */
function readChunks(bytes: Bytes): Chunk[] {
  const chunks: Chunk[] = [];
  const seen = new Set<string>();
  let at = signature.length;
  for (let count = 0; count < maxChunks && at + 8 < bytes.size; count++) {
    const head = bytes.read(at, 8);
    const type = head.toString("latin1", 4);
    if (!/^[A-Za-z]{4}$/.test(type) || type === "IEND") break;
    const length = head.readUInt32BE(0);
    const isFirst = !seen.has(type) && length <= maxColourBytes;
    if (type === "IDAT" || (isFirst && (type === "IHDR" || colourChunks.includes(type)))) {
      chunks.push({ type, at: at + 8, length });
    }
    seen.add(type);
    at += length + 12;
  }
  return chunks;
}

/** The passes of Adam7: where each starts and how far apart its pixels are, across and down. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function layoutOf(head: Buffer): Layout | null {
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const [bits = 0, colour = 0, , , interlace = 0] = head.subarray(8);
  const samples = samplesOf[colour];
  if (!samples || ![1, 2, 4, 8, 16].includes(bits) || width * height === 0) return null;
  const rowBytes = (pixels: number) => (pixels > 0 ? 1 + Math.ceil((pixels * samples * bits) / 8) : 0);
  const isInterlaced = interlace === 1;
  const pixelBytes = isInterlaced
    ? passes.reduce(
        (sum, [x, y, dx, dy]) =>
          sum + rowBytes(Math.ceil((width - x) / dx)) * Math.max(0, Math.ceil((height - y) / dy)),
        0,
      )
    : rowBytes(width) * height;
  return { height, rowBytes: rowBytes(width), pixelBytes, isInterlaced };
}

/** Returns the pixels in pieces: whole rows as far as they are sound, then zeros. Counts the sound rows in `sound`. */
async function* pixelsOf(
  bytes: Bytes,
  data: Chunk[],
  layout: Layout,
  sound: { rows: number },
): AsyncGenerator<Buffer, void, undefined> {
  let left = layout.pixelBytes;
  for await (const rows of soundRows(inflated(bytes, data, layout), layout)) {
    left -= rows.length;
    yield rows;
  }
  if (layout.isInterlaced) sound.rows = left === 0 ? layout.height : 0;
  else sound.rows = layout.height - left / layout.rowBytes;
  for (; left > 0; left -= Math.min(left, pieceBytes)) yield Buffer.alloc(Math.min(left, pieceBytes));
}

/**
 * Returns the whole rows up to the first whose filter is none that exists: behind damage, inflating goes on with other bytes. Of
 * an interlaced picture, all pieces.
 */
async function* soundRows(pieces: AsyncIterable<Buffer>, layout: Layout): AsyncGenerator<Buffer, void, undefined> {
  let left = layout.pixelBytes;
  for await (const rows of layout.isInterlaced ? pieces : wholeRows(pieces, layout.rowBytes)) {
    const wanted = Math.min(left, rows.length);
    let end = layout.isInterlaced ? wanted : 0;
    while (end < wanted && (rows[end] ?? 0) <= lastFilter) end += layout.rowBytes;
    if (end > 0) yield rows.subarray(0, end);
    left -= end;
    if (end < wanted || left === 0) return;
  }
}

/** Returns the same bytes in whole rows. A row that arrives in several pieces is copied once. */
async function* wholeRows(pieces: AsyncIterable<Buffer>, rowBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let row = Buffer.alloc(0);
  let filled = 0;
  for await (const piece of pieces) {
    let at = 0;
    if (filled > 0) {
      at = piece.copy(row, filled);
      filled += at;
      if (filled < rowBytes) continue;
      yield row;
    }
    const end = piece.length - ((piece.length - at) % rowBytes);
    if (end > at) yield piece.subarray(at, end);
    row = Buffer.alloc(rowBytes);
    filled = piece.copy(row, 0, end);
  }
}

/** Inflates what can be, in pieces of about a row, as that of the piece with an error is lost. */
async function* inflated(bytes: Bytes, data: Chunk[], { rowBytes }: Layout): AsyncGenerator<Buffer, void, undefined> {
  const chunkSize = Math.min(16_384, Math.max(1_024, rowBytes));
  const inflate = createInflate({ chunkSize, finishFlush: constants.Z_SYNC_FLUSH });
  const feeding = pipeline(Readable.from(storedPieces(bytes, data)), inflate);
  feeding.catch(() => undefined); // The loop meets the same error.
  try {
    for await (const piece of inflate) yield piece;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw error;
  }
}

function* storedPieces(bytes: Bytes, data: Chunk[]): Generator<Buffer, void, undefined> {
  for (const { at, length } of data) {
    for (let from = 0; from < length; from += pieceBytes) {
      const piece = bytes.read(at + from, Math.min(pieceBytes, length - from));
      if (piece.length === 0) return;
      yield piece;
    }
  }
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}
