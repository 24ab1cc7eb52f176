import sharp, { type Sharp, type SharpOptions } from "sharp";
import type { Raster } from "./raster";
import { isBlank } from "./raster";
import { damaged, partlyDamaged, tooSlow } from "./unreadable";

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
  /** The fourth sample is no alpha. */
  ignoresAlpha?: boolean;
  /** Something else says what the colours mean. */
  ignoresProfile?: boolean;
  /** Warnings of the decoder that mean damage make it start again and keep what it can. */
  isDamage?: ((message: string) => boolean) | undefined;
};

/**
 * Decodes a picture at a smaller size with libvips, in sRGB unless it has 16 bits. Profiles embedded in the file are applied. A
 * damaged picture gives what could be read, and a warning. Throws Unreadable when that is nothing.
 */
export async function shrink(
  input: string | Buffer,
  options: ShrinkOptions,
): Promise<{ raster: Raster; warning: string | null }> {
  const { name, isDamage } = options;
  try {
    const { raster, warnings } = await decode(input, options, isDamage ? "warning" : "error");
    return { raster, warning: isDamage && warnings.some(isDamage) ? partlyDamaged : null };
  } catch (error) {
    requireInTime(error, name);
    // Told to stop at warnings, the decoder stopped at a harmless one.
    if (isDamage?.(String(error)) === false) return shrink(input, { ...options, isDamage: undefined });
    return decodeDamaged(input, options);
  }
}

async function decodeDamaged(input: string | Buffer, options: ShrinkOptions) {
  try {
    const { raster } = await decode(input, options, "none");
    if (!isBlank(raster)) return { raster, warning: partlyDamaged };
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
  { longest, maxPixels, bits = 8, page, ignoresAlpha, ignoresProfile = false }: ShrinkOptions,
  failOn: NonNullable<SharpOptions["failOn"]>,
): Promise<{ raster: Raster; warnings: string[] }> {
  const warnings: string[] = [];
  let image: Sharp = sharp(input, {
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
  if (ignoresAlpha) image = image.removeAlpha();
  image.on("warning", (message: string) => warnings.push(message));
  const { data, info } = await image
    .raw({ depth: bits === 16 ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples = bits === 16 ? new Uint16Array(new Uint8Array(data).buffer) : data;
  return { raster: { width, height, channels, data: samples }, warnings };
}
