import { type Bytes, withFileBytes } from "../bytes/bytes";
import { damaged, Unreadable } from "../raster/unreadable";
import { rawFacts } from "../raw/facts";
import { maxPreviewBytes, type Preview, previewsToTry } from "../raw/preview";
import { repairJpeg, showJpeg } from "./jpeg";
import type { Shown } from "./shown";

/**
 * Shows a raw file by the largest preview that the camera embedded, with the size of the picture itself; null when there is none
 * worth showing. Throws Damaged when none is sound.
 */
export function showRaw(filePath: string, longest: number): Promise<Shown | null> {
  return showFirst(filePath, longest, showJpeg, (previews) => {
    if (previews.length > 0) throw damaged("raw file");
    return null;
  });
}

/** Shows what can be read of the first preview of which something can; null when that is none. */
export function repairRaw(filePath: string, longest: number): Promise<Shown | null> {
  return showFirst(filePath, longest, repairJpeg, () => null);
}

function showFirst(
  filePath: string,
  longest: number,
  show: typeof showJpeg,
  otherwise: (previews: Preview[]) => null,
): Promise<Shown | null> {
  return withFileBytes(filePath, async (bytes) => {
    const previews = previewsToTry(bytes);
    for (const preview of previews) {
      const shown = await tryPreview(bytes, preview, longest, show);
      if (shown) return asRaw(bytes, shown);
    }
    return otherwise(previews);
  });
}

/** Gives the preview the size of the picture, and the turn that the camera noted. */
function asRaw(bytes: Bytes, shown: Shown): Shown {
  const { size, orientation } = rawFacts(bytes);
  // Some previews have an orientation of their own, and some are upright already.
  const isTurned = shown.orientation !== 1;
  const { width, height } = turnedLike(size ?? shown, shown);
  return { ...shown, width, height, orientation: isTurned ? shown.orientation : orientation, note };
}

const note = "The preview that the camera stored in the raw file is shown.";

async function tryPreview(
  bytes: Bytes,
  { at }: Preview,
  longest: number,
  show: typeof showJpeg,
): Promise<Shown | null> {
  try {
    return await show(bytes.read(at, maxPreviewBytes), longest);
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

type Size = { width: number; height: number };

function turnedLike({ width, height }: Size, other: Size): Size {
  const isAlike = width >= height === other.width >= other.height;
  return isAlike ? { width, height } : { width: height, height: width };
}
