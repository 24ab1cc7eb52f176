import { gridAvif } from "@/tests/support/hostile/avif";
import { gifOf } from "@/tests/support/hostile/gif";
import { progressiveJpeg } from "@/tests/support/hostile/jpeg";
import { zeroPng } from "@/tests/support/hostile/png";
import { zeroTiff } from "@/tests/support/hostile/tiff";
import { webpHeader } from "@/tests/support/hostile/webp";
import type { NamedFile } from "./site";

/** Files of a few kilobytes that take what a picture may take, or much more. */
const kinds: Record<string, () => Buffer | Promise<Buffer>> = {
  "30,000 scans.jpg": () => progressiveJpeg({ width: 4_000, height: 2_500, scans: 30_000 }),
  "100 scans of 90 megapixels.jpg": () => progressiveJpeg({ width: 10_000, height: 9_000, scans: 100 }),
  "5,000 scans of 10 megapixels.jpg": () => progressiveJpeg({ width: 4_000, height: 2_500, scans: 5_000 }),
  "coefficients of 98 megapixels.jpg": () =>
    progressiveJpeg({ width: 11_000, height: 8_900, scans: 10, components: 3, subsampling: 2 }),
  "grid of 105 megapixels.avif": () => gridAvif({ columns: 16, rows: 16, tileSize: 640 }),
  "grid of 38 megapixels.avif": () => gridAvif({ columns: 16, rows: 16, tileSize: 384 }),
  "grid of 1 tile that says 24 megapixels.avif": () =>
    gridAvif({ columns: 1, rows: 1, claims: { width: 6_000, height: 4_000 } }),
  "100 megapixels, grey and alpha.png": () => zeroPng({ width: 10_000, height: 10_000, colourType: 4 }),
  "100 megapixels, interlaced.png": () => zeroPng({ width: 10_000, height: 10_000, colourType: 4, isInterlaced: true }),
  "24 megapixels, interlaced, 16 bits.png": () =>
    zeroPng({ width: 6_000, height: 4_000, depth: 16, colourType: 6, isInterlaced: true }),
  "100 megapixels in a strip.tif": () => zeroTiff({ width: 10_000, height: 10_000 }),
  "a tile of 90 megapixels.tif": () => zeroTiff({ width: 100, height: 100, tile: 9_600, hasPixels: false }),
  "100,000 pages.tif": () => zeroTiff({ width: 100, height: 100, morePages: 100_000 }),
  "a canvas of 80 megapixels.gif": () => gifOf({ width: 10_000, height: 8_000, frames: 10 }),
  "100,000 frames.gif": () => gifOf({ width: 100, height: 100, frames: 100_000 }),
  "lossless, 96 megapixels.webp": () => webpHeader("lossless", 16_000, 6_000),
};

/** Returns so many files, of all kinds in turn. */
export async function hostileFiles(count: number): Promise<NamedFile[]> {
  const made = await Promise.all(Object.entries(kinds).map(async ([name, make]) => ({ name, bytes: await make() })));
  return Array.from({ length: count }, (_, i) => {
    const { name = "", bytes = Buffer.alloc(0) } = made[i % made.length] ?? {};
    return { name: `${i}/${name}`, bytes };
  });
}
