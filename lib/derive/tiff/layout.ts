import type { Ifd } from "./ifd";
import { photometric, tag } from "./tags";

export type SampleFormat = "unsigned" | "signed" | "float" | "complex";

/** How the samples of a TIFF picture are stored. */
export type TiffLayout = {
  width: number;
  height: number;
  /** Bits of each sample; one number a sample. */
  bits: number[];
  samples: number;
  format: SampleFormat;
  compression: number;
  photometric: number;
  /** The file does not say what the samples mean. */
  isPhotometricGuessed: boolean;
  /** Each sample in strips or tiles of its own. */
  isPlanar: boolean;
  predictor: number;
  /** Bits in each byte run from the lowest to the highest. */
  isBitReversed: boolean;
  block: { width: number; height: number; isTile: boolean };
  /** Of each strip or tile. Read from the file when they are first used: there may be millions. */
  readonly offsets: number[];
  readonly byteCounts: number[];
  /** For each sample beyond the colours: 0 unknown, 1 premultiplied alpha, 2 alpha. */
  extraSamples: number[];
  colourMap: number[];
  hasIccProfile: boolean;
  orientation: number;
  /** Only a smaller version of another picture of the file. */
  isReduced: boolean;
  /** GDAL's value of points without data. */
  noData: number | null;
};

const maxSamples = 4_096;
const formats: Record<number, SampleFormat> = {
  1: "unsigned",
  2: "signed",
  3: "float",
  4: "unsigned",
  5: "complex",
  6: "complex",
};

/** Returns the layout of a directory's picture, with the defaults of TIFF 6.0; null when it has none. */
export function layoutOf(ifd: Ifd): TiffLayout | null {
  const width = ifd.number(tag.width) ?? 0;
  const height = ifd.number(tag.height) ?? 0;
  if (!isCount(width) || !isCount(height)) return null;
  const stated = ifd.numbers(tag.bitsPerSample, maxSamples);
  const samples = ifd.number(tag.samplesPerPixel) ?? Math.max(1, stated.length);
  if (!isCount(samples) || samples > maxSamples) return null;
  const isTile = ifd.has(tag.tileOffsets) && ifd.has(tag.tileWidth);
  const rowsPerStrip = ifd.number(tag.rowsPerStrip) || height;
  const block = isTile
    ? { width: ifd.number(tag.tileWidth) ?? 0, height: ifd.number(tag.tileHeight) ?? 0, isTile }
    : { width, height: Math.min(rowsPerStrip, height), isTile };
  if (!isCount(block.width) || !isCount(block.height)) return null;
  const offsets = once(() => ifd.numbers(isTile ? tag.tileOffsets : tag.stripOffsets));
  const byteCounts = once(() => ifd.numbers(isTile ? tag.tileByteCounts : tag.stripByteCounts));
  return {
    width,
    height,
    bits: Array.from({ length: samples }, (_, i) => stated[i] ?? stated[0] ?? 1),
    samples,
    format: formatOf(ifd.numbers(tag.sampleFormat, maxSamples)),
    compression: ifd.number(tag.compression) ?? 1,
    photometric: ifd.number(tag.photometric) ?? (samples >= 3 ? photometric.rgb : photometric.blackIsZero),
    isPhotometricGuessed: !ifd.has(tag.photometric),
    isPlanar: ifd.number(tag.planarConfiguration) === 2 && samples > 1,
    predictor: ifd.number(tag.predictor) ?? 1,
    isBitReversed: ifd.number(tag.fillOrder) === 2,
    block,
    get offsets() {
      return offsets();
    },
    get byteCounts() {
      return byteCounts();
    },
    extraSamples: ifd.numbers(tag.extraSamples, maxSamples),
    colourMap: ifd.numbers(tag.colourMap, 3 * 65_536),
    hasIccProfile: ifd.has(tag.iccProfile),
    orientation: ifd.number(tag.orientation) ?? 1,
    isReduced: ((ifd.number(tag.newSubfileType) ?? 0) & 1) === 1,
    noData: numberOrNull(ifd.text(tag.gdalNoData)),
  };
}

/** A tag may be written as a fraction, of zero even. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** Samples of different formats are rare enough to be refused, as complex numbers are. */
function formatOf(values: number[]): SampleFormat {
  const [first = 1, ...rest] = values;
  return rest.every((value) => value === first) ? (formats[first] ?? "unsigned") : "complex";
}

function numberOrNull(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

function once<T>(read: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= read();
    return value;
  };
}
