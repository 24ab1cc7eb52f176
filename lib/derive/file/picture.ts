import sharp from "sharp";
import { repairAvif, showAvif } from "../formats/avif";
import { showDamaged, showSound } from "../formats/common";
import { repairJpeg, showJpeg } from "../formats/jpeg";
import { repairPng, showPng } from "../formats/png";
import { repairRaw, showRaw } from "../formats/raw";
import type { Format } from "../formats/shown";
import { repairTiff, showTiff } from "../formats/tiff";
import { repairWebp, showWebp } from "../formats/webp";
import { Damaged, damaged, Unreadable } from "../raster/unreadable";
import { rawTypes } from "../raw/kind";
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

// The decoder warns of damage only.
const gif = (longest: number) => ({ name: "GIF", longest, memory: () => "whole" as const, isDamage: () => true });

const formats: Record<string, Format> = {
  "image/jpeg": { name: "JPEG", show: showJpeg, repair: repairJpeg },
  "image/png": { name: "PNG", show: showPng, repair: repairPng },
  "image/webp": { name: "WebP", show: showWebp, repair: repairWebp },
  "image/gif": {
    name: "GIF",
    show: (filePath, longest) => showSound(filePath, gif(longest)),
    repair: (filePath, longest) => showDamaged(filePath, gif(longest)),
  },
  "image/tiff": { name: "TIFF", show: showTiff, repair: repairTiff },
  "image/avif": { name: "AVIF", show: showAvif, repair: repairAvif },
};

for (const contentType of rawTypes) formats[contentType] = { name: "raw file", show: showRaw, repair: repairRaw };

// sharp's prebuilt libvips reads AVIF but not HEIC (patents). A system libvips may read HEIC.
const heifSuffixes: readonly string[] = sharp.format.heif.input.fileSuffix ?? [];
if (heifSuffixes.includes(".heic")) formats["image/heic"] = { name: "HEIC", show: showAvif, repair: repairAvif };

/** Tells whether thumbnails are made for this type. Files of other types are stored as they are. */
export function isDerived(contentType: string): boolean {
  return contentType in formats;
}

/** What is tried: a sound file takes little; what is made of a damaged one takes more, and is tried only then. */
export type Pass = "show" | "repair";

/**
 * Makes a picture's thumbnails. Never throws because of the file's content: returns "damaged" when repairing it may help, else
 * "rejected".
 */
export async function derivePicture(
  filePath: string,
  contentType: string,
  pass: Pass,
): Promise<PictureDerivation | { state: "damaged" }> {
  const format = formats[contentType];
  if (!format) throw new Error(`no thumbnails are made of ${contentType}`);
  try {
    const shown = await format[pass](filePath, largestSize);
    if (!shown) return { state: "kept" };
    const derivatives = await deriveAll(shown);
    const [width, height] = isOnItsSide(shown.orientation) ? [shown.height, shown.width] : [shown.width, shown.height];
    const { warning, note: displayNote } = shown;
    return { state: "ready", width, height, derivatives, warning, displayNote };
  } catch (error) {
    // Failures of the machine, as a full disk, are not the picture's.
    if (error instanceof Error && "syscall" in error) throw error;
    if (error instanceof Damaged && pass === "show") return { state: "damaged" };
    return error instanceof Unreadable ? { state: "rejected", reason: error.message } : rejectDamaged(contentType);
  }
}

/** Returns what becomes of a damaged file of which nothing is shown. A raw file is kept: its preview is no part of the picture. */
export function rejectDamaged(contentType: string): Exclude<PictureDerivation, { state: "ready" }> {
  if (rawTypes.includes(contentType)) return { state: "kept" };
  return { state: "rejected", reason: damaged(formats[contentType]?.name ?? "picture").message };
}
