import { samplesExcess } from "../budget/samples";
import type { Bytes } from "../bytes/bytes";
import { requirePixels } from "../raster/pixel-limit";
import { fitInside } from "../raster/raster";
import { damaged, partlyDamaged, undecodable } from "../raster/unreadable";
import { AreaAverage } from "../samples/area-average";
import { type Meaning, toRaster } from "../samples/to-raster";
import type { TiffHeader } from "../tiff/ifd";
import type { TiffLayout } from "../tiff/layout";
import { readSamples } from "../tiff/read-samples";
import { photometric } from "../tiff/tags";
import { alphaOf, colourCount, wantedSamples } from "../tiff/wanted";
import type { Shown } from "./shown";

const name = "TIFF";

/** Which samples are read, what they mean, and how a row of them is changed before it is averaged. */
type Reading = { wanted: number[]; meaning: Meaning; channels: number; note: string | null; prepare: Prepare };
type Prepare = (row: Float64Array) => Float64Array;

/** Shows a TIFF picture whose samples are read here: floating point, signed, odd sizes, many bands, CIELab. */
export async function showSamples(
  bytes: Bytes,
  { header, layout }: { header: TiffHeader; layout: TiffLayout },
  longest: number,
): Promise<Shown> {
  const { width, height, orientation } = layout;
  requirePixels(width, height, "whole");
  const { wanted, meaning, channels, prepare, note: bands } = readingOf(layout);
  const excess = samplesExcess(layout);
  if (excess) throw undecodable(name, excess);
  const average = new AreaAverage({ width, height, channels }, fitInside(width, height, longest));
  const { isDamaged } = readSamples({
    bytes,
    layout,
    isLittleEndian: header.isLittleEndian,
    wanted,
    onRow: (row) => average.addRow(prepare(row)),
  });
  const samples = average.finish();
  if (isDamaged && samples.values.every(Number.isNaN)) throw damaged(name);
  const { raster, note } = toRaster(samples, meaning);
  const notes = [bands, note].filter((one) => one !== null).join(" ");
  return { width, height, orientation, raster, warning: isDamaged ? partlyDamaged : null, note: notes || null };
}

function readingOf(layout: TiffLayout): Reading {
  const { photometric: kind, bits, samples, format, noData } = layout;
  const colours = colourCount(kind);
  const alpha = alphaOf(layout);
  const wanted = wantedSamples(layout);
  const numbers = { kind: format === "complex" ? "unsigned" : format, bits: bits[0] ?? 8 } as const;
  const note = samples > colours + (alpha ? 1 : 0) && colours === 1 ? `Band 1 of ${samples} is shown.` : null;
  const meaning = { format: numbers, isInverted: kind === photometric.whiteIsZero, alpha } as const;
  const shared = { wanted, channels: wanted.length, note };
  if (kind === photometric.palette) return ofPalette(layout);
  if (kind === photometric.cieLab || kind === photometric.iccLab) {
    return { ...shared, meaning: { ...meaning, colours: "lab" }, prepare: labOf(layout, wanted.length) };
  }
  const named = colours === 1 ? "grey" : colours === 3 ? "rgb" : "cmyk";
  const prepare = noData === null ? same : without(noData, colours, wanted.length);
  return { ...shared, meaning: { ...meaning, colours: named }, prepare };
}

const same: Prepare = (row) => row;

/**
 * Points with GDAL's value for no data become NaN: a colour of which one part alone has that value is a colour. It is written as text,
 * so that it may differ in the last digits.
 */
function without(noData: number, colours: number, channels: number): Prepare {
  const rounded = Math.fround(noData);
  return (row) => {
    for (let i = 0; i < row.length; i += channels) {
      let c = 0;
      while (c < colours && (row[i + c] === noData || row[i + c] === rounded)) c++;
      if (c === colours) row.fill(Number.NaN, i, i + channels);
    }
    return row;
  };
}

/** The colours of a palette have 16 bits, but some writers give them 8. */
function ofPalette({ colourMap, width }: TiffLayout): Reading {
  const entries = Math.floor(colourMap.length / 3);
  if (entries === 0) throw damaged(name);
  const scale = colourMap.every((value) => value < 256) ? 257 : 1;
  const output = new Float64Array(width * 3);
  return {
    wanted: [0],
    channels: 3,
    note: null,
    meaning: { colours: "rgb", format: { kind: "unsigned", bits: 8 }, isInverted: false, alpha: null },
    prepare(row) {
      for (let x = 0; x < width; x++) {
        const index = row[x] ?? 0;
        for (let c = 0; c < 3; c++) output[x * 3 + c] = ((colourMap[c * entries + index] ?? Number.NaN) * scale) / 257;
      }
      return output;
    },
  };
}

/** CIELab has signed a* and b*, ICCLab shifted ones. */
function labOf({ photometric: kind, bits }: TiffLayout, channels: number): Prepare {
  const is16 = bits[0] === 16;
  const isShifted = kind === photometric.iccLab;
  const unit = is16 ? 256 : 1;
  const most = is16 ? (isShifted ? 65_280 : 65_535) : 255;
  const half = 128 * unit;
  return (row) => {
    for (let i = 0; i < row.length; i += channels) {
      row[i] = ((row[i] ?? 0) / most) * 100;
      for (const c of [1, 2]) {
        const value = row[i + c] ?? 0;
        row[i + c] = (isShifted ? value - half : value >= half ? value - 2 * half : value) / unit;
      }
    }
    return row;
  };
}
