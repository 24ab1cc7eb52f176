import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { type DerivedSize, derivedSizes } from "@/lib/storage/keys";
import { type Exif, readExif } from "./exif";

export type Derivative = { size: DerivedSize; bytes: Uint8Array };
export type PictureDerivation =
  | ({ state: "ready"; width: number; height: number; derivatives: Derivative[] } & Exif)
  | { state: "rejected"; reason: string };

/** More would need gigabytes to decode; the largest sensors on sale in 2026 have 150 megapixels, phones 50. */
const maxPixels = 100_000_000;
const decodeSeconds = 60;

const names: Record<string, string> = {
  "image/jpeg": "JPEG",
  "image/png": "PNG",
  "image/webp": "WebP",
  "image/gif": "GIF",
  "image/tiff": "TIFF",
  "image/avif": "AVIF",
  "image/heic": "HEIC",
};

// sharp's own build reads AVIF but not HEIC (patents); a libvips of the system's may.
const heifSuffixes: readonly string[] = sharp.format.heif.input.fileSuffix ?? [];
const readsHeic = heifSuffixes.some((suffix) => suffix === ".heic");

// Pictures come from strangers: only the loaders of these formats exist in this process, and those read the one file
// they are given (an SVG or PDF can refer to others). https://sharp.pixelplumbing.com/api-utility#block
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((format) => `VipsForeignLoad${format}File`),
});
sharp.cache(false);
sharp.concurrency(1);

/** Whether pictures of this type are derived here; others are kept as they are. */
export function isDerived(contentType: string): boolean {
  return contentType in names && (contentType !== "image/heic" || readsHeic);
}

/** The sizes and facts of one picture file. Never throws at what the file contains: a bad picture is a result. */
export async function derivePicture(filePath: string, contentType: string): Promise<PictureDerivation> {
  const name = names[contentType] ?? "picture";
  const unreadable = `This ${name} cannot be read: it is cut off or damaged. The file is kept as it came; if it opens on your computer, upload it again.`;
  let metadata: Metadata;
  try {
    metadata = await sharp(filePath, { limitInputPixels: false }).metadata();
  } catch {
    return { state: "rejected", reason: unreadable };
  }
  const { width, height } = metadata.autoOrient;
  if (!width || !height) return { state: "rejected", reason: unreadable };
  if (width * height > maxPixels) return { state: "rejected", reason: tooLarge(width, height) };
  try {
    const derivatives = await resizeAll(filePath);
    return { state: "ready", width, height, derivatives, ...(await exifOf(filePath, metadata)) };
  } catch (error) {
    const slow = error instanceof Error && /timeout/.test(error.message);
    return { state: "rejected", reason: slow ? `This ${name} takes too long to decode.` : unreadable };
  }
}

function tooLarge(width: number, height: number): string {
  const megapixels = Math.ceil((width * height) / 1e6).toLocaleString("en");
  return `The picture has ${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels (${megapixels} megapixels); up to ${maxPixels / 1e6} megapixels can be shown. The file is kept as it came.`;
}

/** Decodes once, upright and in sRGB, to the largest size; each smaller one comes from the one above (a third faster). */
async function resizeAll(filePath: string): Promise<Derivative[]> {
  let image = sharp(filePath, {
    failOn: "error",
    limitInputPixels: maxPixels,
    sequentialRead: true,
    autoOrient: true,
  }).timeout({ seconds: decodeSeconds });
  const derivatives: Derivative[] = [];
  let above: { width: number; height: number; bytes: Uint8Array } | undefined;
  for (const size of [...derivedSizes].sort((a, b) => b - a)) {
    const { data, info } = await shrink(image, size).raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const raw: SharpOptions = { raw: { width, height, channels } };
    // A picture smaller than the size is the same again.
    const isSame = above?.width === width && above.height === height;
    const bytes = above && isSame ? above.bytes : await encode(sharp(data, raw));
    derivatives.push({ size, bytes });
    above = { width, height, bytes };
    image = sharp(data, raw);
  }
  return derivatives;
}

/** Effort 2 encodes 1.6 times as fast as the default 4, for a tenth more bytes. */
function encode(image: Sharp): Promise<Buffer> {
  return image.webp({ quality: 80, effort: 2 }).toBuffer();
}

function shrink(image: Sharp, size: DerivedSize): Sharp {
  return image.resize(size, size, { fit: "inside", withoutEnlargement: true }).toColourspace("srgb");
}

async function exifOf(filePath: string, metadata: Metadata): Promise<Exif> {
  if (metadata.format === "tiff") return readExif(filePath);
  return metadata.exif ? readExif(metadata.exif) : { takenAt: null, latitude: null, longitude: null };
}
