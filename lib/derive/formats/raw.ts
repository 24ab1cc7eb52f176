import { type Bytes, withFileBytes } from "../bytes/bytes";
import { Damaged } from "../raster/unreadable";
import { rawFacts } from "../raw/facts";
import { findPreviews, type Preview } from "../raw/preview";
import { showJpeg } from "./jpeg";
import type { Shown } from "./shown";

const maxPreviewBytes = 32 * 1024 * 1024;
/** Tried one after another where the largest is damaged. */
const mostTries = 3;
/** A thumbnail of this size would not show more than the type's name. */
const leastSide = 320;

/**
 * Shows a raw file by the largest preview that the camera embedded, with the size of the picture itself; null when there is none
 * worth showing.
 */
export async function showRaw(filePath: string, longest: number): Promise<Shown | null> {
  return withFileBytes(filePath, async (bytes) => {
    const previews = findPreviews(bytes).filter(({ width, height }) => Math.max(width, height) >= leastSide);
    const { size, orientation } = rawFacts(bytes);
    const shown = await firstSound(bytes, previews.slice(0, mostTries), longest);
    if (!shown) return null;
    // Some previews have an orientation of their own, and some are upright already.
    const isTurned = shown.orientation !== 1;
    const { width, height } = turnedLike(size ?? shown, shown);
    return { ...shown, width, height, orientation: isTurned ? shown.orientation : orientation, note };
  });
}

/** Returns the first preview that is sound, else the first of which something is left. */
async function firstSound(bytes: Bytes, previews: Preview[], longest: number): Promise<Shown | null> {
  let damaged: Shown | null = null;
  for (const preview of previews) {
    const shown = await tryPreview(bytes, preview, longest);
    if (shown?.warning === null) return shown;
    damaged ??= shown;
  }
  return damaged;
}

const note = "The preview that the camera stored in the raw file is shown.";

async function tryPreview(bytes: Bytes, { at }: Preview, longest: number): Promise<Shown | null> {
  try {
    return await showJpeg(bytes.read(at, maxPreviewBytes), longest);
  } catch (error) {
    if (error instanceof Damaged) return null;
    throw error;
  }
}

type Size = { width: number; height: number };

function turnedLike({ width, height }: Size, other: Size): Size {
  const isAlike = width >= height === other.width >= other.height;
  return isAlike ? { width, height } : { width: height, height: width };
}
