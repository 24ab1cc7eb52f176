import type { ExifFacts } from "./exif";
import type { XmpFacts } from "./xmp";

/** In degrees, WGS 84: north and east are positive. */
export type Position = { latitude: number; longitude: number };

type Axis = { positive: string; negative: string; limit: number };
const axes = {
  latitude: { positive: "N", negative: "S", limit: 90 },
  longitude: { positive: "E", negative: "W", limit: 180 },
} as const satisfies Record<string, Axis>;

/** Returns the first plausible position. */
export function positionOf({ exif, xmp }: { exif: ExifFacts[]; xmp: XmpFacts[] }): Position | null {
  for (const { gpsLatitude, gpsLatitudeRef, gpsLongitude, gpsLongitudeRef } of exif) {
    const position = plausible(
      degreesOf(gpsLatitude, gpsLatitudeRef, axes.latitude),
      degreesOf(gpsLongitude, gpsLongitudeRef, axes.longitude),
    );
    if (position) return position;
  }
  for (const { GPSLatitude = "", GPSLongitude = "" } of xmp) {
    const position = plausible(parseDegrees(GPSLatitude, axes.latitude), parseDegrees(GPSLongitude, axes.longitude));
    if (position) return position;
  }
  return null;
}

/** Cameras without a fix write 0, 0. */
function plausible(latitude: number | null, longitude: number | null): Position | null {
  if (latitude === null || longitude === null || (latitude === 0 && longitude === 0)) return null;
  return { latitude, longitude };
}

/** Parses XMP's form (`41,30.5N`, `41,30,15N`) and the plain number that some programs write instead. */
function parseDegrees(text: string, axis: Axis): number | null {
  const found = /^([+-]?\d+(?:\.\d+)?)(?:,\s*(\d+(?:\.\d+)?))?(?:,\s*(\d+(?:\.\d+)?))?\s*([A-Z]*)$/i.exec(text.trim());
  if (!found) return null;
  const [, degrees, minutes, seconds, side = ""] = found;
  const parts = [degrees, minutes, seconds].filter((part) => part !== undefined).map(Number);
  return degreesOf(parts, side, axis);
}

/**
 * Adds degrees, minutes and seconds. The side is a letter or a word ("N", "n", "North"); a number with a sign says it by itself.
 * Returns null for what is no place on Earth, and for a number that lacks its side.
 */
function degreesOf(parts: number[], side: string, { positive, negative, limit }: Axis): number | null {
  const [degrees, ...rest] = parts;
  if (degrees === undefined || !Number.isFinite(degrees)) return null;
  // Some cameras write 0/0 for parts that they do not use.
  const [minutes = 0, seconds = 0] = rest.map((part) => (Number.isNaN(part) ? 0 : part));
  if (minutes < 0 || seconds < 0) return null;
  const size = Math.abs(degrees) + minutes / 60 + seconds / 3_600;
  const letter = side.slice(0, 1).toUpperCase();
  const isNegative = degrees < 0 || letter === negative;
  if (size > limit || (letter !== positive && letter !== negative && !(letter === "" && degrees < 0))) return null;
  // Seven decimals are a centimetre. More digits are division error.
  const rounded = Math.round(size * 1e7) / 1e7;
  return isNegative && rounded !== 0 ? -rounded : rounded;
}
