import sharp from "sharp";
import { showAvif } from "./formats/avif";
import { showCommon } from "./formats/common";
import { showJpeg } from "./formats/jpeg";
import { showPng } from "./formats/png";
import { showRaw } from "./formats/raw";
import type { Shown } from "./formats/shown";
import { showTiff } from "./formats/tiff";
import { showWebp } from "./formats/webp";
import { damaged, Unreadable } from "./raster/unreadable";
import { rawTypes } from "./raw/kind";
import { type Derivative, deriveAll, isOnItsSide, largestSize } from "./thumbnails";

export type PictureDerivation =
  | {
      state: "ready";
      width: number;
      height: number;
      derivatives: Derivative[];
      /** What is missing because the file is damaged. */
      warning: string | null;
      /** What is not shown as it is stored. */
      displayNote: string | null;
    }
  | { state: "kept" }
  | { state: "rejected"; reason: string };

/** Null: there is nothing to show in this file, though it is sound. */
type Show = (filePath: string, longest: number) => Promise<Shown | null>;

const formats: Record<string, { name: string; show: Show }> = {
  "image/jpeg": { name: "JPEG", show: showJpeg },
  "image/png": { name: "PNG", show: showPng },
  "image/webp": { name: "WebP", show: showWebp },
  "image/gif": { name: "GIF", show: showGif },
  "image/tiff": { name: "TIFF", show: showTiff },
  "image/avif": { name: "AVIF", show: showAvif },
};

for (const contentType of rawTypes) formats[contentType] = { name: "raw file", show: showRaw };

// sharp's prebuilt libvips reads AVIF but not HEIC (patents). A system libvips may read HEIC.
const heifSuffixes: readonly string[] = sharp.format.heif.input.fileSuffix ?? [];
if (heifSuffixes.includes(".heic")) formats["image/heic"] = { name: "HEIC", show: showAvif };

function showGif(filePath: string, longest: number): Promise<Shown> {
  // The decoder warns of damage only.
  return showCommon(filePath, { name: "GIF", longest, memory: () => "whole", isDamage: () => true });
}

/** Tells whether thumbnails are made for this type. Files of other types are stored as they are. */
export function isDerived(contentType: string): boolean {
  return contentType in formats;
}

/** Makes a picture's thumbnails. Never throws because of the file's content: returns "rejected" instead. */
export async function derivePicture(filePath: string, contentType: string): Promise<PictureDerivation> {
  const { name, show } = formats[contentType] ?? {};
  if (!name || !show) throw new Error(`no thumbnails are made of ${contentType}`);
  try {
    const shown = await show(filePath, largestSize);
    if (!shown) return { state: "kept" };
    const derivatives = await deriveAll(shown);
    const [width, height] = isOnItsSide(shown.orientation) ? [shown.height, shown.width] : [shown.width, shown.height];
    const { warning, note: displayNote } = shown;
    return { state: "ready", width, height, derivatives, warning, displayNote };
  } catch (error) {
    // Failures of the machine, as a full disk, are not the picture's.
    if (error instanceof Error && "syscall" in error) throw error;
    return { state: "rejected", reason: error instanceof Unreadable ? error.message : damaged(name).message };
  }
}
