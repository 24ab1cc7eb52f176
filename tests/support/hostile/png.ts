import { deflateSync } from "node:zlib";
import { pngChunk } from "../pictures";

export type PngHeader = {
  width: number;
  height: number;
  depth?: 1 | 2 | 4 | 8 | 16;
  /** Grey, RGB, palette, grey and alpha, RGB and alpha. */
  colourType?: 0 | 2 | 3 | 4 | 6;
  isInterlaced?: boolean;
};

const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
/** First column and row, and the distance of columns and rows, of the seven passes (PNG, 8.1). */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A PNG of one colour: all samples are zero, so that a thousand bytes are stored as one. */
export function zeroPng(header: PngHeader): Buffer {
  return pngOf(header, deflateSync(Buffer.alloc(scanlineBytes(header)), { level: 9 }));
}

/** Only the header of such a PNG, with no pixels behind it. */
export function pngHeader(header: PngHeader): Buffer {
  return pngOf(header, deflateSync(Buffer.alloc(0)));
}

function pngOf({ width, height, depth = 8, colourType = 2, isInterlaced = false }: PngHeader, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, isInterlaced ? 1 : 0], 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IDAT", pixels), pngChunk("IEND")]);
}

function scanlineBytes({ width, height, depth = 8, colourType = 2, isInterlaced = false }: PngHeader): number {
  const lineBytes = (columns: number) =>
    columns === 0 ? 0 : 1 + Math.ceil((columns * channels[colourType] * depth) / 8);
  if (!isInterlaced) return height * lineBytes(width);
  return passes.reduce((sum, [x, y, dx, dy]) => {
    const rows = Math.ceil(Math.max(0, height - y) / dy);
    return sum + rows * lineBytes(Math.ceil(Math.max(0, width - x) / dx));
  }, 0);
}
