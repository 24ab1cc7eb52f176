import { planWithin } from "../budget/samples";
import { type Bytes, withFileBytes } from "../bytes/bytes";
import { toSrgb } from "../colour/to-srgb";
import { requirePixels } from "../raster/pixel-limit";
import type { Raster } from "../raster/raster";
import { type ShrinkOptions, shrink, shrinkDamaged } from "../raster/shrink";
import { damaged, partlyDamaged, undecodable } from "../raster/unreadable";
import type { Samples } from "../samples/area-average";
import { type Meaning, toRaster } from "../samples/to-raster";
import { firstPage, type TiffPage } from "../tiff/first-page";
import { isTiffDamage } from "../tiff/messages";
import { wholeJpeg } from "../tiff/old-jpeg";
import { hasReadableSamples, type TiffPlan } from "../tiff/plan";
import { colourCount } from "../tiff/wanted";
import { repairJpeg, showJpeg } from "./jpeg";
import type { Shown } from "./shown";
import { showSamples } from "./tiff-samples";

const name = "TIFF";
type LibvipsPlan = Extract<TiffPlan, { by: "libvips" }>;

type By = { jpeg: typeof showJpeg; libvips: typeof showByLibvips };

export const showTiff = showWith({ jpeg: showJpeg, libvips: showByLibvips });
export const repairTiff = showWith({ jpeg: repairJpeg, libvips: repairWithoutLibvips });

/** Shows the first picture of a TIFF file that is no smaller version of another. */
function showWith(by: By): (filePath: string, longest: number) => Promise<Shown> {
  return (filePath, longest) =>
    withFileBytes(filePath, async (bytes) => {
      const page = firstPage(bytes);
      if (!page) throw damaged(name);
      const plan = planWithin(page.layout, bytes.size);
      switch (plan.by) {
        case "nothing":
          throw undecodable(name, plan.feature);
        case "old-jpeg":
          return showOldJpeg(bytes, page, longest, by.jpeg);
        case "samples":
          return showSamples(bytes, page, longest);
        case "libvips":
          return by.libvips({ filePath, bytes, page, plan }, longest);
      }
    });
}

async function showOldJpeg(
  bytes: Bytes,
  { ifd, layout }: TiffPage,
  longest: number,
  show: typeof showJpeg,
): Promise<Shown> {
  const jpeg = wholeJpeg(bytes, ifd, layout);
  if (!jpeg) throw undecodable(name, "old-style JPEG in TIFF");
  return { ...(await show(jpeg, longest)), orientation: layout.orientation };
}

type Picture = { filePath: string; bytes: Bytes; page: TiffPage; plan: LibvipsPlan };

async function showByLibvips({ filePath, page, plan }: Picture, longest: number): Promise<Shown> {
  return toShown(await shrink(filePath, optionsOf(page, plan, longest)), page, plan, null);
}

/** What libvips finds wrong is read here, where that is possible: missing strips are then known. */
async function repairWithoutLibvips({ filePath, bytes, page, plan }: Picture, longest: number): Promise<Shown> {
  if (hasReadableSamples(page.layout)) return showSamples(bytes, page, longest);
  return toShown(await shrinkDamaged(filePath, optionsOf(page, plan, longest)), page, plan, partlyDamaged);
}

function optionsOf({ layout, number }: TiffPage, { isDeep }: LibvipsPlan, longest: number): ShrinkOptions {
  const maxPixels = requirePixels(layout.width, layout.height, "whole");
  return { name, longest, maxPixels, bits: isDeep ? 16 : 8, page: number, isDamage: isTiffDamage };
}

function toShown(raster: Raster, { layout }: TiffPage, { isDeep }: LibvipsPlan, warning: string | null): Shown {
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
