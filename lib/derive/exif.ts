import exifr from "exifr";

export type Exif = { takenAt: Date | null; latitude: number | null; longitude: number | null };

const noExif: Exif = { takenAt: null, latitude: null, longitude: null };
const dayMilliseconds = 24 * 60 * 60 * 1_000;
/** The year of the oldest surviving photograph. Earlier dates are camera errors. */
const firstYear = 1826;

const tags = [
  "DateTimeOriginal",
  "SubSecTimeOriginal",
  "OffsetTimeOriginal",
  "OffsetTime",
  "GPSLatitude",
  "GPSLatitudeRef",
  "GPSLongitude",
  "GPSLongitudeRef",
];

/** Reads an EXIF block, or the tags of a TIFF file by its path. Damaged EXIF counts as absent. */
export async function readExif(source: Buffer | string, now = new Date()): Promise<Exif> {
  let found: Record<string, unknown> | undefined;
  try {
    // reviveValues would parse dates in this machine's time zone.
    found = await exifr.parse(withoutMarker(source), {
      pick: tags,
      reviveValues: false,
      translateValues: false,
      gps: true,
    });
  } catch {
    return noExif;
  }
  if (!found) return noExif;
  return { takenAt: takenAtOf(found, now), ...positionOf(found) };
}

/** Removes the marker before the block, which JPEG and WebP have and PNG has not. */
function withoutMarker(source: Buffer | string): Buffer | string {
  if (typeof source === "string") return source;
  return source.subarray(0, 6).toString("latin1") === "Exif\0\0" ? source.subarray(6) : source;
}

/** Returns the date taken. A local time without a zone is read as UTC, which keeps the order of one camera's pictures. */
function takenAtOf(found: Record<string, unknown>, now: Date): Date | null {
  const text = String(found.DateTimeOriginal ?? "");
  const match = /^(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})/.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC accepts 31 February (as March) and year 0000 (as 1900). Such dates are rejected.
  const rolled = new Date(local).toISOString().slice(0, 19);
  if (rolled !== `${match.slice(1, 4).join("-")}T${match.slice(4).join(":")}`) return null;
  const offset = offsetMilliseconds(found.OffsetTimeOriginal) ?? offsetMilliseconds(found.OffsetTime) ?? 0;
  const takenAt = new Date(local + subSecond(found.SubSecTimeOriginal) - offset);
  if (takenAt.getUTCFullYear() < firstYear || takenAt.getTime() > now.getTime() + dayMilliseconds) return null;
  return takenAt;
}

function subSecond(value: unknown): number {
  const digits = /^\d{1,9}/.exec(String(value ?? ""))?.[0];
  return digits ? Math.floor(Number(`0.${digits}`) * 1_000) : 0;
}

function offsetMilliseconds(value: unknown): number | null {
  const match = /^([+-])(\d{2}):(\d{2})/.exec(String(value ?? ""));
  if (!match) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (minutes > 14 * 60) return null;
  return (match[1] === "-" ? -minutes : minutes) * 60_000;
}

function positionOf(found: Record<string, unknown>): { latitude: number | null; longitude: number | null } {
  const latitude = degreesOf(found.GPSLatitude, found.GPSLatitudeRef, { positive: "N", negative: "S", limit: 90 });
  const longitude = degreesOf(found.GPSLongitude, found.GPSLongitudeRef, { positive: "E", negative: "W", limit: 180 });
  if (latitude === null || longitude === null) return { latitude: null, longitude: null };
  // Cameras without a GPS fix write zeros.
  if (latitude === 0 && longitude === 0) return { latitude: null, longitude: null };
  return { latitude, longitude };
}

function degreesOf(
  value: unknown,
  ref: unknown,
  { positive, negative, limit }: { positive: string; negative: string; limit: number },
): number | null {
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) return null;
  const parts = value.map(Number);
  if (parts.some((part) => !Number.isFinite(part) || part < 0)) return null;
  const [degrees = 0, minutes = 0, seconds = 0] = parts;
  const size = degrees + minutes / 60 + seconds / 3_600;
  const letter = String(ref ?? "")
    .slice(0, 1)
    .toUpperCase();
  if (size > limit || (letter !== positive && letter !== negative)) return null;
  // Seven decimals are a centimetre. More digits are division error.
  const rounded = Math.round(size * 1e7) / 1e7;
  return letter === negative && rounded !== 0 ? -rounded : rounded;
}
