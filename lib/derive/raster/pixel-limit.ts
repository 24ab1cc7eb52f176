import { tooLarge } from "./unreadable";

/**
 * How a loader needs memory. "shrunk": JPEG is made smaller while it is read, so that pixels cost time alone. "buffered": a
 * progressive JPEG, whose coefficients are kept until its last scan. "whole": other formats.
 */
export type LoaderMemory = "shrunk" | "buffered" | "whole";

/** For comparison: in 2026 the largest sensors of phones have 200 megapixels, of cameras 150. */
const maxPixels = { shrunk: 200_000_000, buffered: 120_000_000, whole: 100_000_000 } as const satisfies Record<
  LoaderMemory,
  number
>;

/** WebP, HEIF and libvips's writers have lower limits of their own. */
export const maxSide = 65_500;

/** Tells whether a picture may have these sides: whole numbers of a size that something here decodes. */
export function isPictureSize(width: number, height: number): boolean {
  const isSide = (side: number) => Number.isInteger(side) && side >= 1 && side <= maxSide;
  return isSide(width) && isSide(height) && width * height <= maxPixels.shrunk;
}

/** Returns the most pixels such a loader may decode. Throws Unreadable when the picture has more. */
export function requirePixels(width: number, height: number, memory: LoaderMemory): number {
  const limit = maxPixels[memory];
  if (width * height > limit) throw tooLarge(width, height, limit);
  return limit;
}
