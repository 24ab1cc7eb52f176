/** Pixels as they are stored (not turned), row by row: grey, grey and alpha, RGB, or RGB and alpha. Alpha is not premultiplied. */
export type Raster<Data extends Uint8Array | Uint16Array = Uint8Array | Uint16Array> = {
  width: number;
  height: number;
  channels: number;
  data: Data;
};

/** Returns the size of a picture whose longer side is at most `longest`; never larger than it is, no side of nothing. */
export function fitInside(width: number, height: number, longest: number): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height));
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return { width: side(width), height: side(height) };
}
