import type { Bytes } from "../bytes/bytes";
import { lineBytes, type Plane, planesOf, readBands } from "./blocks";
import type { TiffLayout } from "./layout";
import { unpackRow } from "./unpack";

type Reading = {
  bytes: Bytes;
  layout: TiffLayout;
  isLittleEndian: boolean;
  /** The samples of each pixel that are wanted, by their position. */
  wanted: readonly number[];
  /** Takes the wanted samples of a row, side by side; NaN where nothing is stored. The array is used again. */
  onRow: (row: Float64Array) => void;
};

/** Reads a picture row by row, downwards. Returns whether part of it was damaged or beyond the end of the file. */
export function readSamples({ bytes, layout, isLittleEndian, wanted, onRow }: Reading): { isDamaged: boolean } {
  const planes = planesOf(layout, wanted);
  const row = new Float64Array(layout.width * wanted.length);
  let isDamaged = false;
  const onDamage = () => {
    isDamaged = true;
  };
  const copyLine = lineCopier(layout, isLittleEndian, wanted.length);
  for (const band of readBands(bytes, layout, planes, onDamage)) {
    for (let y = 0; y < band.height; y++) {
      row.fill(Number.NaN);
      for (const { plane, left, data } of band.blocks) {
        if (data && !copyLine(data, y, { plane, left, row })) onDamage();
      }
      onRow(row);
    }
  }
  return { isDamaged };
}

type Place = { plane: Plane; left: number; row: Float64Array };

/** Returns a function that copies the samples of a line of a block into a row. It returns false when the line is not there. */
function lineCopier(layout: TiffLayout, isLittleEndian: boolean, channels: number) {
  const { width, block, format, predictor } = layout;
  const scratch = new Float64Array(block.width * (layout.isPlanar ? 1 : layout.samples));
  return (data: Uint8Array, y: number, { plane, left, row }: Place): boolean => {
    const length = lineBytes(layout, plane);
    const line = data.subarray(y * length, (y + 1) * length);
    if (line.length < length) return false;
    unpackRow(line, scratch, { format, bits: plane.bits, isLittleEndian, predictor });
    const shown = Math.min(block.width, width - left);
    const perPixel = plane.bits.length;
    for (const { from, to } of plane.picks) {
      for (let x = 0; x < shown; x++) row[(left + x) * channels + to] = scratch[x * perPixel + from] ?? 0;
    }
    return true;
  };
}
