import type { Bytes } from "../bytes/bytes";
import { decompress } from "./decompress";
import type { TiffLayout } from "./layout";
import { rowBytes } from "./unpack";

/** Uncompressed strips are read in pieces of about this size. */
const pieceBytes = 1024 * 1024;

/** Samples that are stored together: all of a pixel, or one of each pixel. */
export type Plane = {
  number: number;
  /** Of each sample of a pixel. */
  bits: readonly number[];
  /** The wanted samples: where they are in a pixel of the plane, and in one of the output. */
  picks: readonly { from: number; to: number }[];
};

/** A strip or tile, decompressed. Null: nothing is stored there, or nothing that can be read. */
type Block = { plane: Plane; left: number; data: Uint8Array | null };
/** The blocks of some rows: one of each plane for strips, several for tiles. */
type Band = { height: number; blocks: Block[] };

/** Returns the planes of a picture that hold wanted samples. */
export function planesOf({ isPlanar, bits }: TiffLayout, wanted: readonly number[]): Plane[] {
  if (!isPlanar) return [{ number: 0, bits, picks: wanted.map((from, to) => ({ from, to })) }];
  return wanted.map((sample, to) => ({ number: sample, bits: [bits[sample] ?? 8], picks: [{ from: 0, to }] }));
}

/** Returns the bytes of a line of a block. */
export function lineBytes({ block }: TiffLayout, { bits }: Plane): number {
  return rowBytes(block.width * bits.length, bits);
}

/** Returns the bytes that the blocks of one band take when decompressed: what reading needs in memory. */
export function bandBytes(layout: TiffLayout, planes: readonly Plane[]): number {
  const perRow = planes.reduce((sum, plane) => sum + lineBytes(layout, plane), 0) * tilesAcross(layout);
  return isReadInPieces(layout) ? perRow : perRow * layout.block.height;
}

/** Returns the bytes that the largest block takes when decompressed. */
export function blockBytes(layout: TiffLayout, planes: readonly Plane[]): number {
  return Math.max(...planes.map((plane) => lineBytes(layout, plane))) * layout.block.height;
}

/** Returns how many strips or tiles the picture has. */
export function blockCount(layout: TiffLayout): number {
  return Math.ceil(layout.height / layout.block.height) * tilesAcross(layout) * (layout.isPlanar ? layout.samples : 1);
}

/** Reads the blocks downwards, band by band. Calls `onDamage` for each that cannot be read. */
export function* readBands(
  bytes: Bytes,
  layout: TiffLayout,
  planes: readonly Plane[],
  onDamage: () => void,
): Generator<Band> {
  const { height, block } = layout;
  const down = Math.ceil(height / block.height);
  const across = tilesAcross(layout);
  for (let index = 0; index < down; index++) {
    const rows = Math.min(block.height, height - index * block.height);
    const step = isReadInPieces(layout) ? rowsOfPiece(layout, planes) : rows;
    for (let from = 0; from < rows; from += step) {
      const blocks: Block[] = [];
      for (const plane of planes) {
        const line = lineBytes(layout, plane);
        // Compressed blocks are whole: some writers fill the last strip up.
        const size = (isReadInPieces(layout) ? Math.min(step, rows - from) : block.height) * line;
        for (let column = 0; column < across; column++) {
          const number = (plane.number * down + index) * across + column;
          const data = readBlock(bytes, layout, number, { skip: from * line, size }, onDamage);
          blocks.push({ plane, left: column * block.width, data });
        }
      }
      yield { height: Math.min(step, rows - from), blocks };
    }
  }
}

function tilesAcross({ width, block }: TiffLayout): number {
  return block.isTile ? Math.ceil(width / block.width) : 1;
}

function isReadInPieces({ compression, block }: TiffLayout): boolean {
  return compression === 1 && !block.isTile;
}

function rowsOfPiece(layout: TiffLayout, planes: readonly Plane[]): number {
  const longest = Math.max(...planes.map((plane) => lineBytes(layout, plane)));
  return Math.max(1, Math.floor(pieceBytes / longest));
}

/** Returns the decompressed bytes of a strip or tile; null where none is stored, as sparse files have it. */
function readBlock(
  bytes: Bytes,
  { compression, offsets, byteCounts, isBitReversed }: TiffLayout,
  number: number,
  { skip, size }: { skip: number; size: number },
  onDamage: () => void,
): Uint8Array | null {
  const at = offsets[number] ?? 0;
  // Some old writers left the lengths out.
  const length = byteCounts[number] ?? (compression === 1 ? skip + size : bytes.size - at);
  if (at === 0 || length === 0) {
    if (number >= offsets.length) onDamage();
    return null;
  }
  const stored =
    compression === 1
      ? bytes.read(at + skip, Math.min(size, length - skip))
      : bytes.read(at, Math.min(length, mostCompressed(size)));
  if (isBitReversed) reverseBits(stored);
  try {
    return decompress(compression, stored, size);
  } catch {
    onDamage();
    return null;
  }
}

/** No method here makes random bytes half as long again (LZW does nearly). A file may say that a strip is as long as itself. */
export const mostCompressed = (size: number) => size * 2 + 65_536;

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) result |= 128 >> bit;
  return result;
});

function reverseBits(data: Uint8Array): void {
  for (let i = 0; i < data.length; i++) data[i] = reversed[data[i] ?? 0] ?? 0;
}
