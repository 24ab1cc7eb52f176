import type { MediaItem } from "@/lib/media/schema";

type Sized = Pick<MediaItem, "width" | "height">;

const maxRatio = 2.6;
const minRatio = 0.56;
/** For what has no dimensions yet. */
const plainRatio = 4 / 3;

/** Width by height, kept within what a row can carry: a panorama is cropped in the gallery, not in the viewer. */
export function tileRatio({ state, width, height }: Pick<MediaItem, "state"> & Sized): number {
  if (state === "kept" || state === "rejected") return 1;
  if (!width || !height) return plainRatio;
  return Math.min(maxRatio, Math.max(minRatio, width / height));
}

/** The width of a derivative whose longer side is at most `sidePixels`, never enlarged. */
function derivedWidth({ width, height }: Sized, sidePixels: number): number {
  if (!width || !height) return sidePixels;
  return Math.max(1, Math.round(width * Math.min(1, sidePixels / Math.max(width, height))));
}

/** `srcset` of what the viewer may see; `rowPixels` is the height the picture is likely to get. */
export function tileSources(item: MediaItem, rowPixels: number) {
  const { thumb, card } = item.urls;
  if (!thumb) return null;
  const ratio = item.width && item.height ? item.width / item.height : plainRatio;
  const thumbWidth = derivedWidth(item, 200);
  const cardWidth = derivedWidth(item, 800);
  if (!card || cardWidth <= thumbWidth) return { src: card ?? thumb };
  return {
    src: card,
    srcSet: `${thumb} ${thumbWidth}w, ${card} ${cardWidth}w`,
    sizes: `(min-width: 40rem) ${Math.round(ratio * rowPixels)}px, ${Math.round(ratio * rowPixels * 0.6)}px`,
  };
}
