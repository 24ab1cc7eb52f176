import type { Raster } from "../raster/raster";

/** A picture decoded to the largest size that is shown. */
export type Shown = {
  /** Of the original, as stored. */
  width: number;
  height: number;
  /** EXIF's orientation, 1 to 8: how the stored pixels are turned to be upright. */
  orientation: number;
  /** In sRGB, as stored. */
  raster: Raster<Uint8Array>;
  /** What is missing because the file is damaged. */
  warning: string | null;
  /** What is not shown as it is stored: "Brightness is stretched …". */
  note: string | null;
};

/**
 * Shows the picture of a file, its longer side at most `longest`. Null: there is nothing to show in it, though it is sound. Throws
 * Damaged when the pixels are, Unreadable when they cannot be shown.
 */
type Show = (filePath: string, longest: number) => Promise<Shown | null>;

/**
 * A format is shown by `show` when its file is sound. What is damaged goes through `repair`, which takes more: it shows what can be
 * read, with a warning.
 */
export type Format = { name: string; show: Show; repair: Show };
