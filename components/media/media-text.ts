import type { MediaItem } from "@/lib/media/schema";

function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function titleOf(item: Pick<MediaItem, "title" | "path">): string {
  return item.title ?? (fileNameOf(item.path) || "Picture");
}

const rawNames: Record<string, string> = {
  "image/x-adobe-dng": "DNG raw picture",
  "image/x-canon-cr2": "Canon raw picture (CR2)",
  "image/x-canon-cr3": "Canon raw picture (CR3)",
  "image/x-canon-crw": "Canon raw picture (CRW)",
  "image/x-dcraw": "Raw picture",
  "image/x-epson-erf": "Epson raw picture (ERF)",
  "image/x-fujifilm-raf": "Fujifilm raw picture (RAF)",
  "image/x-hasselblad-3fr": "Hasselblad raw picture (3FR)",
  "image/x-kodak-dcr": "Kodak raw picture (DCR)",
  "image/x-leica-rwl": "Leica raw picture (RWL)",
  "image/x-mamiya-mef": "Mamiya raw picture (MEF)",
  "image/x-minolta-mrw": "Minolta raw picture (MRW)",
  "image/x-nikon-nef": "Nikon raw picture (NEF)",
  "image/x-olympus-orf": "Olympus raw picture (ORF)",
  "image/x-panasonic-rw2": "Panasonic raw picture (RW2)",
  "image/x-pentax-pef": "Pentax raw picture (PEF)",
  "image/x-phaseone-iiq": "Phase One raw picture (IIQ)",
  "image/x-samsung-srw": "Samsung raw picture (SRW)",
  "image/x-sigma-x3f": "Sigma raw picture (X3F)",
  "image/x-sony-arw": "Sony raw picture (ARW)",
};
const typeNames: Record<string, string> = {
  ...rawNames,
  "image/jpeg": "JPEG picture",
  "image/png": "PNG picture",
  "image/webp": "WebP picture",
  "image/gif": "GIF picture",
  "image/tiff": "TIFF picture",
  "image/avif": "AVIF picture",
  "image/heic": "HEIC picture",
  "image/svg+xml": "SVG drawing",
  "application/pdf": "PDF document",
  "text/html": "HTML page",
  "text/plain": "Text",
  "application/zip": "ZIP archive",
};

/** Returns a readable name of the file type. Falls back to the extension when the content type is unknown. */
export function typeNameOf(item: Pick<MediaItem, "contentType" | "path">): string {
  if (item.contentType && item.contentType !== "application/octet-stream")
    return typeNames[item.contentType] ?? item.contentType;
  const extension = /\.([\p{L}\p{N}]{1,8})$/u.exec(item.path)?.[1];
  return extension ? `${extension.toUpperCase()} file` : "File";
}

/** Returns why a file that is kept as it is has no picture. */
export function keptText({ contentType, sizeBytes }: Pick<MediaItem, "contentType" | "sizeBytes">): string {
  if (sizeBytes === 0) return "This file is empty. It is stored exactly as uploaded.";
  // Of raw pictures the preview in them is shown.
  if (Object.hasOwn(rawNames, contentType ?? ""))
    return "This raw picture contains no preview that Atoll can show. It is stored exactly as uploaded.";
  return "Atoll cannot preview this type of file. It is stored exactly as uploaded.";
}

// Image types all current browsers can display.
const displayable = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]);
const maxAutomaticBytes = 20 * 1024 * 1024;

export function isDisplayable(item: Pick<MediaItem, "state" | "contentType">): boolean {
  return item.state === "ready" && item.contentType !== null && displayable.has(item.contentType);
}

/** Tells whether the viewer loads the original without a click. */
export function loadsAutomatically(item: Pick<MediaItem, "state" | "contentType" | "sizeBytes">): boolean {
  return isDisplayable(item) && (item.sizeBytes ?? 0) <= maxAutomaticBytes;
}
