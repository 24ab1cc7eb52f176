import type { Bytes } from "../bytes/bytes";
import { readJpegHeader } from "./header";

/** Shortened versions are made in memory. */
export const maxScannedBytes = 64 * 1024 * 1024;
export const mostTries = 8;

/**
 * Returns a damaged progressive JPEG without its last scan, without the last two, and so on: the decoder gives up at some
 * damage, though the scans before it hold the whole picture with less detail.
 */
export function lastScans(bytes: Bytes): Buffer[] {
  if (readJpegHeader(bytes)?.process !== 2 || bytes.size > maxScannedBytes) return [];
  const whole = bytes.read(0, bytes.size);
  const starts: number[] = [];
  for (let at = whole.indexOf("ffda", 0, "hex"); at >= 0; at = whole.indexOf("ffda", at + 2, "hex")) starts.push(at);
  // Before the second scan there are no pixels to show.
  return starts
    .slice(1)
    .slice(-mostTries)
    .reverse()
    .map((at) => whole.subarray(0, at));
}
