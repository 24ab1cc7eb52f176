import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { type DerivedSize, derivedSizes } from "@/lib/storage/keys";

export type Derivative = { size: DerivedSize; bytes: Uint8Array };
export type PictureDerivation =
  | { state: "ready"; width: number; height: number; derivatives: Derivative[] }
  | { state: "rejected"; reason: string };

/** Larger pictures need gigabytes to decode. For comparison: in 2026 the largest sensors have 150 megapixels, phones 50. */
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

// sharp's prebuilt libvips reads AVIF but not HEIC (patents). A system libvips may read HEIC.
const heifSuffixes: readonly string[] = sharp.format.heif.input.fileSuffix ?? [];
const readsHeic = heifSuffixes.some((suffix) => suffix === ".heic");

// Pictures are untrusted input. Only these formats' loaders are enabled: they read one file, while SVG and PDF can refer to
// others. https://sharp.pixelplumbing.com/api-utility#block
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((format) => `VipsForeignLoad${format}File`),
});
sharp.cache(false);
sharp.concurrency(1);

/** Tells whether thumbnails are made for this type. Files of other types are stored as they are. */
export function isDerived(contentType: string): boolean {
  return contentType in names && (contentType !== "image/heic" || readsHeic);
}

/** Makes a picture's thumbnails. Never throws because of the file's content: returns "rejected" instead. */
export async function derivePicture(filePath: string, contentType: string): Promise<PictureDerivation> {
  const name = names[contentType] ?? "picture";
  const unreadable = `This ${name} could not be read: it is incomplete or damaged. The file is stored as uploaded. If it opens on your computer, upload it again.`;
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
    return { state: "ready", width, height, derivatives: await resizeAll(filePath) };
  } catch (error) {
    const slow = error instanceof Error && /timeout/.test(error.message);
    return {
      state: "rejected",
      reason: slow ? `This ${name} takes too long to decode. The file is stored as uploaded.` : unreadable,
    };
  }
}

function tooLarge(width: number, height: number): string {
  const megapixels = Math.ceil((width * height) / 1e6).toLocaleString("en");
  return `The picture has ${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels (${megapixels} megapixels); up to ${maxPixels / 1e6} megapixels can be displayed. The file is stored as uploaded.`;
}

/**
 * Decodes once, upright and in sRGB, to the largest size. Each smaller size is made from the next larger one (a third
 * faster).
 */
async function resizeAll(filePath: string): Promise<Derivative[]> {
  let image = sharp(filePath, {
    failOn: "error",
    limitInputPixels: maxPixels,
    sequentialRead: true,
    autoOrient: true,
  }).timeout({ seconds: decodeSeconds });
  const derivatives: Derivative[] = [];
  let larger: { width: number; height: number; bytes: Uint8Array } | undefined;
  for (const size of [...derivedSizes].sort((a, b) => b - a)) {
    const { data, info } = await shrink(image, size).raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const raw: SharpOptions = { raw: { width, height, channels } };
    // A picture smaller than both sizes gives the same pixels again.
    const isSame = larger?.width === width && larger.height === height;
    const bytes = larger && isSame ? larger.bytes : await encode(sharp(data, raw));
    derivatives.push({ size, bytes });
    larger = { width, height, bytes };
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
