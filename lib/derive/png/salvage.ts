import { constants, crc32, createInflate, deflateSync } from "node:zlib";
import type { Bytes } from "../bytes/bytes";

type Salvaged = {
  png: Buffer;
  /** Rows, from the first, that could be read. */
  soundRows: number;
};

type Header = {
  height: number;
  /** Of a row with the byte of its filter. */
  rowBytes: number;
  /** Of all rows. */
  pixelBytes: number;
  isInterlaced: boolean;
};

const signature = Buffer.from("89504e470d0a1a0a", "hex");
const maxChunks = 100_000;
/** What the pixels may take, stored and inflated: repairing needs them in memory. */
const maxPixelBytes = 128 * 1024 * 1024;
/** Chunks that say what the pixels mean. */
const colourChunks = ["PLTE", "tRNS", "cICP", "iCCP", "sRGB", "gAMA", "cHRM", "sBIT"];
/** The filters of rows are numbered from 0. */
const lastFilter = 4;
const samplesOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Returns a sound PNG with the rows of a damaged one that can be inflated; the others are zero. Decoders stop at the first wrong
 * checksum. Null when there are no such rows. Of an interlaced picture all must be there: its rows are spread.
 */
export async function salvagePng(bytes: Bytes): Promise<Salvaged | null> {
  const chunks = readChunks(bytes);
  const head = chunks.find(({ type }) => type === "IHDR")?.data;
  const header = head?.length === 13 ? headerOf(head) : null;
  if (!head || !header || header.pixelBytes > maxPixelBytes) return null;
  const pixels = Buffer.alloc(header.pixelBytes);
  const data = chunks.filter(({ type }) => type === "IDAT").map((chunk) => chunk.data);
  const readBytes = await inflateInto(pixels, data);
  if (header.isInterlaced ? readBytes < pixels.length : readBytes < header.rowBytes) return null;
  const soundRows = header.isInterlaced
    ? header.height
    : countSoundRows(pixels.subarray(0, readBytes), header.rowBytes);
  // The row after them may be there in part.
  if (soundRows < header.height) pixels.fill(0, soundRows * header.rowBytes);
  const png = Buffer.concat([
    signature,
    chunkOf("IHDR", head),
    ...chunks
      .filter(({ type }) => colourChunks.includes(type))
      .map(({ type, data: content }) => chunkOf(type, content)),
    chunkOf("IDAT", deflateSync(pixels, { level: 1 })),
    chunkOf("IEND", Buffer.alloc(0)),
  ]);
  return { png, soundRows };
}

/** Returns the chunks that are needed; of those about colours the first of each. */
function readChunks(bytes: Bytes): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  const seen = new Set<string>();
  let left = maxPixelBytes;
  let at = signature.length;
  for (let count = 0; count < maxChunks && at + 8 < bytes.size; count++) {
    const head = bytes.read(at, 8);
    const type = head.toString("latin1", 4);
    if (!/^[A-Za-z]{4}$/.test(type) || type === "IEND") break;
    const length = head.readUInt32BE(0);
    const isNeeded = type === "IDAT" || (!seen.has(type) && (type === "IHDR" || colourChunks.includes(type)));
    if (isNeeded && length > left) break;
    if (isNeeded) chunks.push({ type, data: bytes.read(at + 8, length) });
    if (isNeeded) left -= length;
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

function headerOf(head: Buffer): Header | null {
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

/** Inflates what can be. Output comes in small pieces, as that of the piece with an error is lost. Returns the number of bytes. */
async function inflateInto(target: Buffer, data: Buffer[]): Promise<number> {
  const inflate = createInflate({ chunkSize: 1_024, finishFlush: constants.Z_SYNC_FLUSH });
  let written = 0;
  inflate.on("data", (piece: Buffer) => {
    written += piece.copy(target, written);
    if (written === target.length) inflate.destroy();
  });
  const ended = new Promise((resolve) => inflate.once("close", resolve).once("error", resolve).once("end", resolve));
  for (const piece of data) inflate.write(piece);
  inflate.end();
  await ended;
  return written;
}

/** Counts the whole rows up to the first whose filter is none that exists: behind damage, inflating goes on with other bytes. */
function countSoundRows(pixels: Buffer, rowBytes: number): number {
  const whole = Math.floor(pixels.length / rowBytes);
  for (let row = 0; row < whole; row++) if ((pixels[row * rowBytes] ?? 0) > lastFilter) return row;
  return whole;
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}
