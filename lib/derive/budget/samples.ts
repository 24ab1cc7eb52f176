import { bandBytes, blockBytes, blockCount, mostCompressed, planesOf } from "../tiff/blocks";
import type { TiffLayout } from "../tiff/layout";
import { planOf, type TiffPlan } from "../tiff/plan";
import { photometric } from "../tiff/tags";
import { wantedSamples } from "../tiff/wanted";
import { commonBytes, commonSeconds, maxMemoryBytes, maxSeconds, type Need } from "./estimate";

/** For any TIFF, whoever decodes it. */
export const secondsPerStoredByte = 6e-9;
/** Samples read in JavaScript: the time for one, and the memory for the sums and the picture made of them. */
const [secondsPerWhole, secondsPerConverted, averagedBytes] = [25e-9, 35e-9, 100e6];
/** A place and a length of a strip or tile, in the file and as numbers. */
const listedBytes = 32;
const maxBandBytes = 128 * 1024 * 1024;
const maxLineSamples = 4_000_000;

/** What reading the samples here takes: strips and tiles are decompressed as a whole, and lines unpacked into eight bytes a sample. */
export function samplesNeed(layout: TiffLayout, sizeBytes: number): Need {
  const { width, height, samples, compression, block, isPlanar } = layout;
  const wanted = wantedSamples(layout);
  const planes = planesOf(layout, wanted);
  const read = isPlanar ? wanted.length : samples;
  const rows = (width * wanted.length + block.width * read) * Float64Array.BYTES_PER_ELEMENT;
  const stored = compression === 1 ? 0 : Math.min(sizeBytes, mostCompressed(blockBytes(layout, planes)));
  const listed = Math.min(blockCount(layout) * listedBytes, 4 * sizeBytes);
  return {
    // Twice: while a band is decompressed, the one before it may not have been freed.
    memoryBytes: averagedBytes + 2 * bandBytes(layout, planes) + stored + rows + listed,
    seconds: width * height * read * (isOfWholeBytes(layout) ? secondsPerWhole : secondsPerConverted),
  };
}

/** Others are taken from a stream of bits, and CIELab is scaled point by point. */
function isOfWholeBytes({ bits, photometric: meaning }: TiffLayout): boolean {
  return bits.every((size) => size % 8 === 0) && meaning !== photometric.cieLab && meaning !== photometric.iccLab;
}

/** Returns what is too large to be read here: strips are decompressed as a whole, and lines unpacked. Null where nothing is. */
export function samplesExcess(layout: TiffLayout): string | null {
  const { block, isPlanar, samples } = layout;
  if (bandBytes(layout, planesOf(layout, wantedSamples(layout))) > maxBandBytes)
    return "strips or tiles of more than 128 MiB";
  return block.width * (isPlanar ? 1 : samples) > maxLineSamples ? "lines of more than four million samples" : null;
}

/** Chooses who decodes a picture of a file of `sizeBytes`: the one choice for what is estimated and what is decoded. */
export function planWithin(layout: TiffLayout, sizeBytes: number): TiffPlan {
  return planOf(layout, isAffordable(layout, sizeBytes));
}

/** Tells whether reading the samples here takes no more than a picture may, of a file with few pages. */
function isAffordable(layout: TiffLayout, sizeBytes: number): boolean {
  const { memoryBytes, seconds } = samplesNeed(layout, sizeBytes);
  const total = commonSeconds + seconds + sizeBytes * secondsPerStoredByte;
  return samplesExcess(layout) === null && commonBytes + memoryBytes <= maxMemoryBytes && total <= maxSeconds;
}
