import type { Bytes } from "../bytes/bytes";
import { decompress } from "./decompress";
import type { TiffLayout } from "./layout";
import { type RowFormat, rowBytes, unpackRow } from "./unpack";

/** Uncompressed strips are read in pieces of about this size. */
const pieceBytes = 1024 * 1024;

type Reading = {
  bytes: Bytes;
  layout: TiffLayout;
  isLittleEndian: boolean;
  /** The samples of each pixel that are wanted, by their position. */
  wanted: readonly number[];
  /** Takes the wanted samples of a row, side by side; NaN where nothing is stored. The array is used again. */
  onRow: (row: Float64Array) => void;
};

/** The strips or tiles of some rows: one a plane for strips, several for tiles. */
type Band = {
  top: number;
  height: number;
  blocks: { plane: number; left: number; width: number; data: Uint8Array | null }[];
};

/** The bytes that the blocks of one band take when decompressed: what reading needs in memory. */
export function bandBytes(layout: TiffLayout): number {
  const { block, width, compression, isPlanar, samples } = layout;
  const bits = isPlanar ? [layout.bits[0] ?? 8] : layout.bits;
  const across = block.isTile ? Math.ceil(width / block.width) : 1;
  const perRow = rowBytes(block.width * bits.length, bits) * across * (isPlanar ? samples : 1);
  return compression === 1 && !block.isTile ? Math.max(perRow, pieceBytes) : perRow * block.height;
}

/** Reads a picture row by row, downwards. Returns whether part of it was damaged or beyond the end of the file. */
export function readSamples({ bytes, layout, isLittleEndian, wanted, onRow }: Reading): { isDamaged: boolean } {
  const { width, isPlanar, samples, bits } = layout;
  const shape = (plane: number): RowFormat => ({
    format: layout.format,
    bits: isPlanar ? [bits[plane] ?? 8] : bits,
    isLittleEndian,
    predictor: layout.predictor,
  });
  const row = new Float64Array(width * wanted.length);
  const perPixel = isPlanar ? 1 : samples;
  const scratch = new Float64Array(Math.max(width, layout.block.width) * perPixel);
  let isDamaged = false;
  for (const band of bands(bytes, layout, isPlanar ? wanted : [0], () => (isDamaged = true))) {
    for (let y = 0; y < band.height; y++) {
      row.fill(Number.NaN);
      for (const { plane, left, width: blockWidth, data } of band.blocks) {
        if (!data) continue;
        const format = shape(plane);
        const length = rowBytes(blockWidth * perPixel, format.bits);
        const line = data.subarray(y * length, (y + 1) * length);
        if (line.length < length) {
          isDamaged = true;
          continue;
        }
        const values = scratch.subarray(0, blockWidth * perPixel);
        unpackRow(line, values, format);
        const shown = Math.min(blockWidth, width - left);
        for (const [at, sample] of wanted.entries()) {
          if (isPlanar && sample !== plane) continue;
          const from = isPlanar ? 0 : sample;
          for (let x = 0; x < shown; x++) row[(left + x) * wanted.length + at] = values[x * perPixel + from] ?? 0;
        }
      }
      onRow(row);
    }
  }
  return { isDamaged };
}

function* bands(bytes: Bytes, layout: TiffLayout, planes: readonly number[], onDamage: () => void): Generator<Band> {
  const { width, height, block, isPlanar, samples } = layout;
  const across = block.isTile ? Math.ceil(width / block.width) : 1;
  const down = Math.ceil(height / block.height);
  const perPixel = isPlanar ? 1 : samples;
  const lineBytes = (plane: number) =>
    rowBytes(block.width * perPixel, isPlanar ? [layout.bits[plane] ?? 8] : layout.bits);
  const isCut = layout.compression === 1 && !block.isTile;
  for (let index = 0; index < down; index++) {
    const top = index * block.height;
    const bandHeight = Math.min(block.height, height - top);
    const step = isCut ? Math.max(1, Math.floor(pieceBytes / lineBytes(0))) : bandHeight;
    for (let from = 0; from < bandHeight; from += step) {
      const rows = Math.min(step, bandHeight - from);
      const blocks: Band["blocks"] = [];
      for (const plane of planes) {
        for (let column = 0; column < across; column++) {
          const number = ((isPlanar ? plane : 0) * down + index) * across + column;
          const size = (block.isTile ? block.height : rows) * lineBytes(plane);
          const data = readBlock(bytes, layout, number, { skip: from * lineBytes(plane), size }, onDamage);
          blocks.push({ plane, left: column * block.width, width: block.width, data });
        }
      }
      yield { top: top + from, height: rows, blocks };
    }
  }
}

/** Returns the decompressed bytes of a strip or tile; null where none is stored, as sparse files have it. */
function readBlock(
  bytes: Bytes,
  layout: TiffLayout,
  number: number,
  { skip, size }: { skip: number; size: number },
  onDamage: () => void,
): Uint8Array | null {
  const at = layout.offsets[number] ?? 0;
  const isUncompressed = layout.compression === 1;
  // Some old writers left the lengths out.
  const length = layout.byteCounts[number] ?? (isUncompressed ? skip + size : bytes.size - at);
  if (at === 0 || length === 0) {
    if (layout.offsets.length <= number) onDamage();
    return null;
  }
  const stored = isUncompressed ? bytes.read(at + skip, Math.min(size, length - skip)) : bytes.read(at, length);
  try {
    if (layout.isBitReversed) reverseBits(stored);
    return decompress(layout.compression, stored, size);
  } catch {
    onDamage();
    return null;
  }
}

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) result |= 128 >> bit;
  return result;
});

function reverseBits(data: Uint8Array): void {
  for (let i = 0; i < data.length; i++) data[i] = reversed[data[i] ?? 0] ?? 0;
}
