import { type Bytes, withFileBytes } from "../bytes/bytes";
import { toSrgb } from "../colour/to-srgb";
import { requirePixels } from "../raster/pixel-limit";
import type { Raster } from "../raster/raster";
import { shrink, shrinkDamaged } from "../raster/shrink";
import { Damaged, damaged, partlyDamaged, undecodable } from "../raster/unreadable";
import type { Samples } from "../samples/area-average";
import { type Meaning, toRaster } from "../samples/to-raster";
import { type Ifd, readIfd, readTiffHeader, type TiffHeader } from "../tiff/ifd";
import { layoutOf, type TiffLayout } from "../tiff/layout";
import { isTiffDamage } from "../tiff/messages";
import { wholeJpeg } from "../tiff/old-jpeg";
import { colourCount, hasReadableSamples, planOf, type TiffPlan } from "../tiff/plan";
import { showJpeg } from "./jpeg";
import type { Shown } from "./shown";
import { showSamples } from "./tiff-samples";

const name = "TIFF";
const maxPages = 256;

type LibvipsPlan = Extract<TiffPlan, { by: "libvips" }>;
type Page = { header: TiffHeader; ifd: Ifd; layout: TiffLayout; number: number };

/** Shows the first picture of a TIFF file that is no smaller version of another. */
export async function showTiff(filePath: string, longest: number): Promise<Shown> {
  return withFileBytes(filePath, async (bytes) => {
    const page = firstPage(bytes);
    if (!page) throw damaged(name);
    const plan = planOf(page.layout);
    switch (plan.by) {
      case "nothing":
        throw undecodable(name, plan.feature);
      case "old-jpeg":
        return showOldJpeg(bytes, page, longest);
      case "samples":
        return showSamples(bytes, page, longest);
      case "libvips":
        return showByLibvips(filePath, bytes, page, plan, longest);
    }
  });
}

function firstPage(bytes: Bytes): Page | null {
  const header = readTiffHeader(bytes);
  let first: Page | null = null;
  let at = header?.firstIfd ?? 0;
  const seen = new Set<number>();
  for (let number = 0; header && at && !seen.has(at) && number < maxPages; number++) {
    seen.add(at);
    const ifd = readIfd(bytes, header, at);
    const layout = ifd && layoutOf(ifd);
    if (layout && !layout.isReduced) return { header, ifd, layout, number };
    if (layout) first ??= { header, ifd, layout, number };
    at = ifd?.next ?? 0;
  }
  return first;
}

async function showOldJpeg(bytes: Bytes, { ifd, layout }: Page, longest: number): Promise<Shown> {
  const jpeg = wholeJpeg(bytes, ifd, layout);
  if (!jpeg) throw undecodable(name, "old-style JPEG in TIFF");
  return { ...(await showJpeg(jpeg, longest)), orientation: layout.orientation };
}

/** What libvips finds wrong is read here, where that is possible: missing strips are then known. */
async function showByLibvips(
  filePath: string,
  bytes: Bytes,
  page: Page,
  plan: LibvipsPlan,
  longest: number,
): Promise<Shown> {
  const { width, height } = page.layout;
  const maxPixels = requirePixels(width, height, "whole");
  const bits = plan.isDeep ? 16 : 8;
  const options = { name, longest, maxPixels, bits, page: page.number, isDamage: isTiffDamage } as const;
  try {
    return toShown(await shrink(filePath, options), page, plan, null);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    if (hasReadableSamples(page.layout)) return showSamples(bytes, page, longest);
    return toShown(await shrinkDamaged(filePath, options), page, plan, partlyDamaged);
  }
}

function toShown(raster: Raster, { layout }: Page, { isDeep }: LibvipsPlan, warning: string | null): Shown {
  const { width, height, orientation, photometric, samples, bits } = layout;
  const shown = { width, height, orientation, warning };
  if (!isDeep) return { ...shown, raster: toSrgb(raster, null), note: null };
  const colours = colourCount(photometric);
  const meaning: Meaning = {
    colours: colours === 1 ? "grey" : "rgb",
    format: { kind: "unsigned", bits: bits[0] ?? 16 },
    isInverted: false,
    alpha: samples > colours ? "straight" : null,
  };
  return { ...shown, ...toRaster(samplesOf(raster, meaning), meaning) };
}

/** libvips gives grey as three equal colours. */
function samplesOf({ width, height, channels, data }: Raster, { colours, alpha }: Meaning): Samples {
  const wanted = [...(colours === "grey" ? [0] : [0, 1, 2]), ...(alpha ? [channels - 1] : [])];
  const values = new Float32Array(width * height * wanted.length);
  for (let i = 0; i < width * height; i++) {
    for (const [c, from] of wanted.entries()) values[i * wanted.length + c] = data[i * channels + from] ?? 0;
  }
  return { width, height, channels: wanted.length, values };
}
