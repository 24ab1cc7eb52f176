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
export function displayRange(
  values: Float32Array | Float64Array,
  format: NumberFormat,
  isColour: boolean,
): DisplayRange {
  const full = fullRange(format);
  if (format.kind !== "float" && format.bits <= 8) return { ...full, isStretched: false };
  const sorted = sampled(values);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [least, most] = [at(0), at(1)];
  let [low, high] = [at(lowShare), at(highShare)];
  if (!(high > low)) [low, high] = [least, most];
  const isInside = least >= full.low && most <= full.high;
  const used = isColour ? (high - full.low) * 4 : high - low;
  const isWide = used >= (full.high - full.low) / 4;
  if (isInside && (isWide || sorted.length === 0 || least === most)) return { ...full, isStretched: false };
  if (least === most) return { low: least - 1, high: least + 1, isStretched: true };
  // Floating-point light may exceed white a little, at reflections.
  if (format.kind === "float" && isColour) low = Math.min(0, low);
  return { low, high, isStretched: true };
}

function fullRange({ kind, bits }: NumberFormat): { low: number; high: number } {
  if (kind === "float") return { low: 0, high: 1 };
  if (kind === "signed") return { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
  return { low: 0, high: 2 ** bits - 1 };
}

function sampled(values: Float32Array | Float64Array): Float64Array {
  const step = Math.max(1, Math.floor(values.length / mostSamples));
  const picked = new Float64Array(Math.ceil(values.length / step));
  let count = 0;
  for (let i = 0; i < values.length; i += step) {
    const value = values[i] ?? Number.NaN;
    if (Number.isFinite(value)) picked[count++] = value;
  }
  return picked.subarray(0, count).sort();
}
