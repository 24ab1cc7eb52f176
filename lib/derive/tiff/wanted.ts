import type { TiffLayout } from "./layout";
import { photometric as meanings } from "./tags";

export type Alpha = "straight" | "premultiplied" | null;

/** The samples that are colours; the others are alpha, or mean nothing here. */
export function colourCount(meaning: number): number {
  if (meaning === meanings.separated) return 4;
  return [meanings.rgb, meanings.yCbCr, meanings.cieLab, meanings.iccLab].some((one) => one === meaning) ? 3 : 1;
}

/** Tells whether the sample after the colours is alpha, and of which kind. */
export function alphaOf({ photometric, samples, extraSamples }: TiffLayout): Alpha {
  const colours = colourCount(photometric);
  const [kind = samples === colours + 1 && colours === 3 ? 2 : 0] = extraSamples;
  if (samples <= colours || kind === 0) return null;
  return kind === 1 ? "premultiplied" : "straight";
}

/** Returns the samples of a pixel that are read: its colours, and alpha where there is any. */
export function wantedSamples(layout: TiffLayout): number[] {
  return Array.from({ length: colourCount(layout.photometric) + (alphaOf(layout) ? 1 : 0) }, (_, i) => i);
}
