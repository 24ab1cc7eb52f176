import { maxSide } from "../raster/pixel-limit";
import { rawTypes } from "../raw/kind";
import { type Estimate, maxMemoryBytes, maxSeconds, type Need, unknown } from "./estimate";
import { FileView } from "./file-view";
import { estimateGif } from "./gif";
import { estimateHeif } from "./heif";
import { estimateJpeg } from "./jpeg";
import { estimatePng } from "./png";
import { estimateRaw } from "./raw";
import { repairNeeds } from "./repair";
import { estimateTiff } from "./tiff";
import { estimateWebp } from "./webp";

/** What a picture needs to be decoded, or why it may not be. */
export type Budget = { fits: true; memoryBytes: number; seconds: number } | { fits: false; reason: string };

/** Of what is made of a damaged picture, in several tries. */
const maxRepairSeconds = 16;
const [maxPixels, maxShrunkPixels] = [100e6, 200e6];

const estimators: Record<string, (view: FileView) => Estimate | null> = {
  "image/jpeg": estimateJpeg,
  "image/png": estimatePng,
  "image/webp": estimateWebp,
  "image/gif": estimateGif,
  "image/tiff": estimateTiff,
  "image/avif": estimateHeif,
  "image/heic": estimateHeif,
};
for (const contentType of rawTypes) estimators[contentType] = estimateRaw;

/**
 * Estimates from a picture's header what decoding it takes, and compares that with what a picture may take. Reads headers and
 * scans only; decodes nothing. A file whose header is not understood gets a usual budget: the decoder decides about it, and is
 * ended where it takes more (`lib/derive/decoder/decoder.ts`).
 */
export function budgetOf(filePath: string, contentType: string): Budget {
  const estimator = estimators[contentType];
  const estimate = estimator ? FileView.with(filePath, estimator) : null;
  if (!estimate || estimate.width * estimate.height === 0) return { fits: true, ...unknown };
  const reason = excessOf(estimate);
  if (reason !== null)
    return { fits: false, reason: `${reason} The file is stored as uploaded and can be downloaded.` };
  return { fits: true, memoryBytes: estimate.memoryBytes, seconds: estimate.seconds };
}

/** Estimates what repairing a damaged picture takes; null where that is more than it may. As `budgetOf`. */
export function repairNeedOf(filePath: string, contentType: string): Need | null {
  const need = FileView.with(filePath, (view) => {
    const estimate = estimators[contentType]?.(view) ?? unknown;
    return repairNeeds[contentType]?.(view, estimate) ?? estimate;
  });
  const { memoryBytes, seconds } = need;
  return memoryBytes <= maxMemoryBytes && seconds <= maxRepairSeconds ? { memoryBytes, seconds } : null;
}

function excessOf({ width, height, memoryBytes, seconds, shrinksOnLoad, because }: Estimate): string | null {
  const size = `${number(width)} × ${number(height)} pixels`;
  if (Math.max(width, height) > maxSide) {
    return `The picture has ${size}; sides of up to ${number(maxSide)} pixels can be displayed.`;
  }
  const most = shrinksOnLoad ? maxShrunkPixels : maxPixels;
  if (width * height > most) {
    const megapixels = number(Math.ceil((width * height) / 1e6));
    return `The picture has ${size} (${megapixels} megapixels); up to ${number(most / 1e6)} megapixels can be displayed.`;
  }
  const cause = because ? `: the picture has ${size}, and ${because}` : `: the picture has ${size}`;
  if (memoryBytes > maxMemoryBytes) {
    return `A preview would need ${number(Math.ceil(memoryBytes / 1e6))} MB of memory; up to ${number(maxMemoryBytes / 1e6)} MB may be used${cause}.`;
  }
  if (seconds > maxSeconds) {
    return `A preview would take about ${number(Math.ceil(seconds))} seconds to make; up to ${number(maxSeconds)} seconds may be used${cause}.`;
  }
  return null;
}

const number = (value: number) => value.toLocaleString("en");
