import { mostCompressed } from "./blocks";
import { isDecompressed } from "./decompress";
import type { TiffLayout } from "./layout";
import { photometric } from "./tags";
import { isReadable, rowBytes } from "./unpack";
import { colourCount } from "./wanted";

/** How a TIFF picture is shown, or what is lacking for it. */
export type TiffPlan =
  /** By libvips; "deep": with 16 bits, whose range is looked at. */
  | { by: "libvips"; isDeep: boolean }
  /** By reading the samples here, and mapping them by their format. */
  | { by: "samples" }
  | { by: "old-jpeg" }
  | { by: "nothing"; feature: string };

/** Compressions that neither libtiff, as sharp brings it, nor this project decodes. */
const lacking: Record<number, string> = {
  9: "JBIG compression",
  10: "JBIG compression",
  32766: "NeXT compression",
  32809: "ThunderScan compression",
  32908: "Pixar compression",
  34661: "JBIG compression",
  33003: "JPEG 2000 compression",
  33004: "JPEG 2000 compression",
  33005: "JPEG 2000 compression",
  34712: "JPEG 2000 compression",
  34887: "LERC compression",
  34892: "lossy JPEG compression of raw files",
  34925: "LZMA compression",
  34927: "WebP compression in TIFF",
  34933: "PNG compression in TIFF",
  34934: "JPEG XR compression",
  50001: "WebP compression in TIFF",
  50002: "JPEG XL compression",
  52546: "JPEG XL compression",
};

const [oldJpeg, jpeg] = [6, 7];
const fax = [2, 3, 4, 32_771];
const logarithmic = [34_676, 34_677];

/** Chooses who decodes a picture. `isAffordable`: reading its samples here takes no more than a picture may. */
export function planOf(layout: TiffLayout, isAffordable: boolean): TiffPlan {
  const { compression, block, isPlanar } = layout;
  const feature = lacking[compression] ?? lackingMeaning(layout);
  if (feature) return { by: "nothing", feature };
  if (compression === oldJpeg) return { by: "old-jpeg" };
  if (compression === jpeg) return planOfJpeg(layout);
  if (fax.includes(compression)) return byLibvips;
  if (logarithmic.includes(compression)) return byLibvips;
  if (!isDecompressed(compression)) return { by: "nothing", feature: `compression method ${compression}` };
  if (isCommon(layout) && !(isPlanar && block.isTile)) {
    const isReadHere = isBeyondLibtiff(layout) || (isAffordable && mayLackData(layout));
    if (isReadHere && planOfSamples(layout).by === "samples") return { by: "samples" };
    // A profile says how the numbers are meant; inks have no range of their own.
    const isMeant = layout.hasIccProfile || layout.photometric === photometric.separated;
    return { by: "libvips", isDeep: layout.bits[0] === 16 && !isMeant };
  }
  return planOfSamples(layout);
}

/** Tells whether the samples can be read here, whatever libvips can. */
export function hasReadableSamples(layout: TiffLayout): boolean {
  return isDecompressed(layout.compression) && planOfSamples(layout).by === "samples";
}

/**
 * Tells whether points may have GDAL's value for no data, which libvips takes for a brightness like others. A profile says how all
 * numbers are meant, and inks and palettes have no range.
 */
function mayLackData({ noData, bits, photometric: meaning, hasIccProfile }: TiffLayout): boolean {
  if (noData === null || hasIccProfile) return false;
  const isStorable = Number.isInteger(noData) && noData >= 0 && noData < 2 ** (bits[0] ?? 8);
  const { whiteIsZero, blackIsZero, rgb } = photometric;
  return isStorable && [whiteIsZero, blackIsZero, rgb].some((one) => one === meaning);
}

/** libvips gives libtiff 50 MiB, of which it uses twice what is stored of a strip beyond some size. */
const maxStoredBytes = 40_000_000;

/** Tells whether libtiff refuses the picture for want of memory: its strips are stored whole, and compressed. */
function isBeyondLibtiff(layout: TiffLayout): boolean {
  const { block, bits, samples, compression } = layout;
  // Only of these are the lengths looked at: there may be millions of small ones.
  if (compression === 1 || mostCompressed(rowBytes(block.width * samples, bits) * block.height) <= maxStoredBytes)
    return false;
  return layout.byteCounts.some((length) => length > maxStoredBytes);
}

const byLibvips: TiffPlan = { by: "libvips", isDeep: false };

function lackingMeaning({ format, photometric: meaning }: TiffLayout): string | null {
  if (format === "complex") return "complex numbers, or samples of different formats";
  if (meaning === photometric.ituLab) return "ITU L*a*b* colours";
  if (meaning === photometric.logL) return "LogL samples";
  if (meaning === photometric.colourFilterArray || meaning === photometric.linearRaw) return "raw data of a sensor";
  return Object.values<number>(photometric).includes(meaning) ? null : `photometric interpretation ${meaning}`;
}

function planOfJpeg({ bits, isPlanar, block }: TiffLayout): TiffPlan {
  if (bits.some((size) => size !== 8)) return { by: "nothing", feature: `${bits[0]}-bit JPEG compression` };
  if (isPlanar && block.isTile) return { by: "nothing", feature: "JPEG compression of separate planes" };
  return byLibvips;
}

/** Tells whether libvips maps the picture rightly: whole numbers of usual sizes, without samples that mean nothing to it. */
function isCommon(layout: TiffLayout): boolean {
  const { bits, samples, format, photometric: meaning, extraSamples, predictor } = layout;
  const [size = 8] = bits;
  if (layout.isPhotometricGuessed || format !== "unsigned" || bits.some((other) => other !== size) || predictor > 2)
    return false;
  // Some extra samples are no alpha, and libvips does not undo premultiplied alpha.
  const colours = colourCount(meaning);
  const isPlain = samples === colours || (samples === colours + 1 && (extraSamples[0] ?? 2) === 2);
  switch (meaning) {
    case photometric.whiteIsZero:
    case photometric.blackIsZero:
      return isPlain && (size === 8 || size === 16 || (samples === 1 && [1, 2, 4].includes(size)));
    case photometric.palette:
      return samples === 1 && [1, 2, 4, 8].includes(size);
    case photometric.rgb:
    case photometric.separated:
      return isPlain && (size === 8 || size === 16);
    case photometric.yCbCr:
      return size === 8 && samples === 3 && !layout.isPlanar;
    case photometric.mask:
      return samples === 1 && size === 1;
    case photometric.logLuv:
      return true;
    default:
      return false;
  }
}

function planOfSamples(layout: TiffLayout): TiffPlan {
  const { bits, format, predictor, photometric: meaning, isPlanar, samples } = layout;
  const isLab = meaning === photometric.cieLab || meaning === photometric.iccLab;
  if (isLab && !(bits.every((size) => size === bits[0]) && (bits[0] === 8 || bits[0] === 16))) {
    return { by: "nothing", feature: `${bits[0]}-bit CIELab colours` };
  }
  if (isLab && samples < 3) return { by: "nothing", feature: "CIELab with one colour" };
  if (meaning === photometric.yCbCr)
    return { by: "nothing", feature: isPlanar ? "separate YCbCr planes" : "YCbCr samples of this size" };
  if (samples < colourCount(meaning)) return { by: "nothing", feature: "fewer samples than colours" };
  if (!isReadable({ format, bits, predictor, isLittleEndian: true })) {
    return { by: "nothing", feature: `${bits[0]}-bit ${format} samples with predictor ${predictor}` };
  }
  return { by: "samples" };
}
