import sharp, { type Sharp, type SharpOptions } from "sharp";
import { clearMissingRows, isBlank } from "./missing-rows";
import type { Raster } from "./raster";
import { damaged, tooSlow } from "./unreadable";

// Pictures are untrusted input. Only these formats' loaders are enabled: they read one file, while SVG and PDF can refer to
// others. https://sharp.pixelplumbing.com/api-utility#block
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: [
    ...["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((format) => `VipsForeignLoad${format}File`),
    // Pictures embedded in others.
    ...["Jpeg", "Heif"].map((format) => `VipsForeignLoad${format}Buffer`),
  ],
});
sharp.cache(false);
sharp.concurrency(1);

const decodeSeconds = 60;

export type ShrinkOptions = {
  /** What errors call the picture: JPEG, TIFF, … */
  name: string;
  longest: number;
  maxPixels: number;
  /** 16: keep 16 bits a sample where the file has them. */
  bits?: 8 | 16;
  page?: number;
  /** Something else says what the colours mean. */
  ignoresProfile?: boolean;
  /** Tells warnings of the decoder that mean damage from others. Without it, only errors count. */
  isDamage?: ((messages: string) => boolean) | undefined;
};

/**
 * Decodes a picture at a smaller size with libvips, in sRGB unless it has 16 bits. Profiles embedded in the file are applied.
 * Throws Damaged when anything is wrong with the pixels, Unreadable when it takes too long.
 */
export async function shrink(input: string | Buffer, options: ShrinkOptions): Promise<Raster> {
  const { name, isDamage } = options;
  try {
    const { raster, warnings } = await decode(input, options, isDamage ? "warning" : "error");
    if (!isDamage || !warnings.some(isDamage)) return raster;
  } catch (error) {
    requireInTime(error, name);
    // Told to stop at warnings, the decoder stopped at a harmless one.
    if (isDamage?.(String(error)) === false) return shrinkDespiteWarnings(input, options, isDamage);
  }
  throw damaged(name);
}

async function shrinkDespiteWarnings(
  input: string | Buffer,
  options: ShrinkOptions,
  isDamage: (messages: string) => boolean,
): Promise<Raster> {
  try {
    const { raster, warnings } = await decode(input, options, "error");
    if (!warnings.some(isDamage)) return raster;
  } catch (error) {
    requireInTime(error, options.name);
  }
  throw damaged(options.name);
}

/** Decodes what can be read of a damaged picture. Missing rows become transparent. Throws Damaged when nothing can be read. */
export async function shrinkDamaged(input: string | Buffer, options: ShrinkOptions): Promise<Raster> {
  try {
    const { raster } = await decode(input, options, "none");
    if (!isBlank(raster)) return clearMissingRows(raster);
  } catch (error) {
    requireInTime(error, options.name);
  }
  throw damaged(options.name);
}

function requireInTime(error: unknown, name: string): void {
  if (error instanceof Error && /timeout/.test(error.message)) throw tooSlow(name);
}

async function decode(
  input: string | Buffer,
  { longest, maxPixels, bits = 8, page, ignoresProfile = false }: ShrinkOptions,
  failOn: NonNullable<SharpOptions["failOn"]>,
): Promise<{ raster: Raster; warnings: string[] }> {
  const warnings: string[] = [];
  const image: Sharp = sharp(input, {
    failOn,
    limitInputPixels: maxPixels,
    sequentialRead: true,
    ignoreIcc: ignoresProfile,
    ...(page ? { page } : {}),
  })
    .timeout({ seconds: decodeSeconds })
    // Turning comes last: it needs all pixels in memory.
    .resize(longest, longest, { fit: "inside", withoutEnlargement: true })
    .toColourspace(bits === 16 ? "rgb16" : "srgb");
  image.on("warning", (message: string) => warnings.push(message));
  const { data, info } = await image
    .raw({ depth: bits === 16 ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples = bits === 16 ? new Uint16Array(new Uint8Array(data).buffer) : data;
  return { raster: { width, height, channels, data: samples }, warnings };
}
