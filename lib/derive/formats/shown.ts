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
