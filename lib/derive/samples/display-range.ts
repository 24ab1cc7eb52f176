import type { Samples } from "./area-average";

/** The numbers that are shown as black and as white. */
export type DisplayRange = { low: number; high: number; isStretched: boolean };

export type NumberFormat = { kind: "unsigned" | "signed" | "float"; bits: number };

/** Percentiles, so that single extreme points do not make all others look alike. */
const [lowShare, highShare] = [0.001, 0.999];
const mostSamples = 200_000;

/**
 * Chooses what is black and what is white. The whole range of the format, as a picture is meant, unless the numbers take a
 * small part of it: a picture of temperatures or depths would look evenly grey or black. A picture in colour is stretched
 * only where it would be black.
 */
export function displayRange(samples: Samples, colours: number, format: NumberFormat): DisplayRange {
  const isColour = colours > 1;
  const full = fullRange(format);
  if (format.kind !== "float" && format.bits <= 8) return { ...full, isStretched: false };
  const sorted = sampled(samples, colours);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [least, most] = [at(0), at(1)];
  let [low, high] = [at(lowShare), at(highShare)];
  if (!(high > low)) [low, high] = [least, most];
  const isInside = least >= full.low && most <= full.high;
  const used = isColour ? (high - full.low) * 4 : high - low;
  const isWide = used >= (full.high - full.low) / 4;
  if (isInside && (isWide || sorted.length === 0 || least === most)) return { ...full, isStretched: false };
  if (least === most) return { low: least - 1, high: least + 1, isStretched: true };
  // Light starts at nothing, whatever the darkest point is.
  if (format.kind === "float" && isColour) low = Math.min(0, low);
  return { low, high, isStretched: true };
}

function fullRange({ kind, bits }: NumberFormat): { low: number; high: number } {
  if (kind === "float") return { low: 0, high: 1 };
  if (kind === "signed") return { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
  return { low: 0, high: 2 ** bits - 1 };
}

/** Returns numbers of colours, not of alpha, from all over the picture. */
function sampled({ values, channels }: Samples, colours: number): Float64Array {
  const points = values.length / channels;
  const step = Math.max(1, Math.ceil((points * colours) / mostSamples));
  const picked = new Float64Array(Math.ceil(points / step) * colours);
  let count = 0;
  for (let point = 0; point < points; point += step) {
    for (let c = 0; c < colours; c++) {
      const value = values[point * channels + c] ?? Number.NaN;
      if (Number.isFinite(value)) picked[count++] = value;
    }
  }
  return picked.subarray(0, count).sort();
}
