import { fitWithin, thumbPixels } from "@/lib/media/policy";
import type { MediaItem } from "@/lib/media/schema";

type Sized = Pick<MediaItem, "width" | "height">;

const maxRatio = 2.6;
const minRatio = 0.56;
/** Used while the dimensions are unknown. */
const defaultRatio = 4 / 3;

/** Returns width / height, clamped so that a tile fits into a row. The gallery crops panoramas; the viewer does not. */
export function tileRatio({ state, width, height }: Pick<MediaItem, "state"> & Sized): number {
  if (state === "kept" || state === "rejected") return 1;
  if (!width || !height) return defaultRatio;
  return Math.min(maxRatio, Math.max(minRatio, width / height));
}

/** Returns the width of a derivative whose longer side is at most `sidePixels`. */
function derivedWidth({ width, height }: Sized, sidePixels: number): number {
  return width && height ? fitWithin(width, height, sidePixels).width : sidePixels;
}

/** Returns `src`, `srcset` and `sizes` of a tile; null without a thumbnail. `rowPixels` is the expected height of the row. */
export function tileSources(item: MediaItem, rowPixels: number) {
  const { thumb, card } = item.urls;
  if (!thumb) return null;
  const ratio = item.width && item.height ? item.width / item.height : defaultRatio;
  const thumbWidth = derivedWidth(item, thumbPixels);
  const cardWidth = derivedWidth(item, 800);
  if (!card || cardWidth <= thumbWidth) return { src: card ?? thumb };
  return {
    src: card,
    srcSet: `${thumb} ${thumbWidth}w, ${card} ${cardWidth}w`,
    sizes: `(min-width: 40rem) ${Math.round(ratio * rowPixels)}px, ${Math.round(ratio * rowPixels * 0.6)}px`,
  };
}
