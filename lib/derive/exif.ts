import exifr from "exifr";

export type Exif = { takenAt: Date | null; latitude: number | null; longitude: number | null };

const none: Exif = { takenAt: null, latitude: null, longitude: null };
const dayMilliseconds = 24 * 60 * 60 * 1_000;
/** Nothing was photographed before Niépce's view from the window at Le Gras. */
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

/** Reads an EXIF block, or the tags of a TIFF file by its path. Damaged EXIF is as good as none: the picture matters. */
export async function readExif(source: Buffer | string, now = new Date()): Promise<Exif> {
  let found: Record<string, unknown> | undefined;
  try {
    // Revived dates would be in the zone of this machine.
    found = await exifr.parse(withoutMarker(source), {
      pick: tags,
      reviveValues: false,
      translateValues: false,
      gps: true,
    });
  } catch {
    return none;
  }
  if (!found) return none;
  return { takenAt: takenAtOf(found, now), ...positionOf(found) };
}

/** JPEG and WebP put the block behind a marker, PNG does not. */
function withoutMarker(source: Buffer | string): Buffer | string {
  if (typeof source === "string") return source;
  return source.subarray(0, 6).toString("latin1") === "Exif\0\0" ? source.subarray(6) : source;
}

/** Cameras without a zone note local time; without knowing better it is taken as UTC, so that order within a day holds. */
function takenAtOf(found: Record<string, unknown>, now: Date): Date | null {
  const text = String(found.DateTimeOriginal ?? "");
  const match = /^(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})/.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC rolls the 31st of February over to March, and year 0000 to 1900: such dates are none.
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
  // Cameras without a fix write zeros; nobody dives at the one spot this loses.
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
  // Seven decimals are a centimetre; what is beyond is the division's.
  const rounded = Math.round(size * 1e7) / 1e7;
  return letter === negative && rounded !== 0 ? -rounded : rounded;
}
