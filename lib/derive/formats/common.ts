import sharp, { type Metadata } from "sharp";
import { widenLevels } from "../colour/levels";
import type { ColourSpace } from "../colour/space";
import { toSrgb } from "../colour/to-srgb";
import { type LoaderMemory, requirePixels } from "../raster/pixel-limit";
import { shrink, shrinkDamaged } from "../raster/shrink";
import { damaged, partlyDamaged } from "../raster/unreadable";
import type { Shown } from "./shown";

export type CommonOptions = {
  name: string;
  longest: number;
  memory: (metadata: Metadata) => LoaderMemory;
  /** What the pixels mean where no profile says so. */
  space?: ColourSpace | null;
  ignoresProfile?: boolean;
  /** Black and white are not the lowest and highest values. */
  hasVideoLevels?: boolean;
  isDamage?: (messages: string) => boolean;
};

/**
 * Decodes a picture in a format of which libvips knows all there is, but not always what its colours mean. Throws Damaged when
 * anything is wrong with the pixels.
 */
export function showSound(input: string | Buffer, options: CommonOptions): Promise<Shown> {
  return showWith(input, options, shrink, null);
}

/** Decodes what can be read of a damaged picture. Throws Damaged when that is nothing. */
export function showDamaged(input: string | Buffer, options: CommonOptions): Promise<Shown> {
  return showWith(input, options, shrinkDamaged, partlyDamaged);
}

async function showWith(
  input: string | Buffer,
  options: CommonOptions,
  decode: typeof shrink,
  warning: string | null,
): Promise<Shown> {
  const { name, longest, memory, space = null, ignoresProfile = false, isDamage } = options;
  const metadata = await metadataOf(input, name);
  const { width, height } = metadata;
  const maxPixels = requirePixels(width, height, memory(metadata));
  const bits = space && metadata.depth === "ushort" ? 16 : 8;
  const raster = await decode(input, { name, longest, maxPixels, bits, ignoresProfile, isDamage });
  if (options.hasVideoLevels) widenLevels(raster);
  return {
    width,
    height,
    // libheif turns the picture itself.
    orientation: metadata.format === "heif" ? 1 : (metadata.orientation ?? 1),
    raster: toSrgb(raster, space),
    warning,
    note: null,
  };
}

async function metadataOf(input: string | Buffer, name: string): Promise<Metadata> {
  try {
    const metadata = await sharp(input, { limitInputPixels: false, failOn: "none" }).metadata();
    if (metadata.width > 0 && metadata.height > 0) return metadata;
  } catch {
    // Reported below: a header that cannot be read.
  }
  throw damaged(name);
}
