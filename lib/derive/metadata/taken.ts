import type { ExifFacts } from "./exif";
import type { IptcFacts } from "./iptc";
import type { XmpFacts } from "./xmp";

/** When a picture was taken. Without an offset `takenAt` is the camera's wall clock read as UTC. */
export type Taken = { takenAt: Date; takenOffsetMinutes: number | null };

/** A moment as a file writes it: its text, and texts that may hold its offset from UTC, the nearest first. */
type Note = { text: string; fraction?: string; offsets?: string[] };

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** The year of the oldest surviving photograph. Earlier dates are camera errors. */
const firstYear = 1826;
const maxOffsetMinutes = 14 * 60;

/** Returns the first plausible date, in the order in which files are to be believed. */
export function takenOf(
  { exif, xmp, iptc }: { exif: ExifFacts[]; xmp: XmpFacts[]; iptc: IptcFacts[] },
  now: Date,
): Taken | null {
  // Canon's raw format has it in a block of its own.
  const lastChange = exif.find(({ dateTime }) => dateTime !== "")?.dateTime ?? "";
  const whole = exif.map((facts) => ({ ...facts, dateTime: facts.dateTime || lastChange }));
  const notes = [
    ...whole.map(originalOf),
    ...whole.map(digitizedOf),
    ...xmp.map(({ DateTimeOriginal = "" }) => ({ text: DateTimeOriginal })),
    ...xmp.map(({ DateTimeDigitized = "" }) => ({ text: DateTimeDigitized })),
    ...xmp.map(({ DateCreated = "" }) => ({ text: DateCreated })),
    ...xmp.map(({ CreateDate = "" }) => ({ text: CreateDate })),
    ...iptc.map(({ created }) => ({ text: created })),
    ...iptc.map(({ digitized }) => ({ text: digitized })),
    ...exif.map(satelliteTimeOf),
    ...xmp.map(({ GPSTimeStamp = "" }) => ({ text: GPSTimeStamp, offsets: ["Z"] })),
  ];
  for (const note of notes) {
    const taken = parseMoment(note, now);
    if (taken) return taken;
  }
  return null;
}

function originalOf(exif: ExifFacts): Note {
  const { dateTimeOriginal: text, dateTimeDigitized, subSecTimeOriginal, offsetTimeOriginal } = exif;
  // A scan's date has the scanner's offset.
  const ofDigitized = text === dateTimeDigitized ? exif.offsetTimeDigitized : "";
  const offsets = [offsetTimeOriginal, afterDigits(subSecTimeOriginal), ofDigitized, offsetOfChange(exif, text)];
  return { text, fraction: subSecTimeOriginal, offsets };
}

function digitizedOf(exif: ExifFacts): Note {
  const { dateTimeDigitized: text, subSecTimeDigitized, offsetTimeDigitized } = exif;
  return {
    text,
    fraction: subSecTimeDigitized,
    offsets: [offsetTimeDigitized, afterDigits(subSecTimeDigitized), offsetOfChange(exif, text)],
  };
}

/** OffsetTime belongs to the last change, which an editor made elsewhere. It is the camera's where the camera made that, too. */
function offsetOfChange({ dateTime, offsetTime }: ExifFacts, text: string): string {
  return dateTime === "" || dateTime === text ? offsetTime : "";
}

function afterDigits(subSeconds: string): string {
  return subSeconds.replace(/^\d+/, "");
}

/** Satellites send UTC. The time of day and the date are two tags. */
function satelliteTimeOf({ gpsDateStamp, gpsTimeStamp }: ExifFacts): Note {
  const [hour = Number.NaN, minute = Number.NaN, second = Number.NaN] = gpsTimeStamp;
  if (![hour, minute, second].every((part) => part >= 0 && part < 100)) return { text: "" };
  const milliseconds = Math.floor((second % 1) * 1_000);
  const time = [hour, minute, second].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  return { text: `${gpsDateStamp} ${time}`, fraction: String(milliseconds).padStart(3, "0"), offsets: ["Z"] };
}

const momentPattern =
  /^(?<year>\d{4})[:\-/.](?<month>\d{1,2})[:\-/.](?<day>\d{1,2})(?:[T ]+(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?(?<rest>.*))?$/s;

/**
 * Parses dates of EXIF (`2024:01:01 07:30:00`, with an offset in some files) and XMP (ISO 8601, the time may be missing).
 * Returns null for a day or time that there is not, and for one before photography or in the future.
 */
function parseMoment({ text, fraction, offsets = [] }: Note, now: Date): Taken | null {
  const found = momentPattern.exec(text.trim())?.groups;
  if (!found) return null;
  const { year = "", month = "", day = "", hour = "0", minute = "0", second = "0", rest = "" } = found;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const wallMs = Date.UTC(y, mo - 1, d, h, mi, s);
  const wall = new Date(wallMs);
  // Date.UTC accepts 31 February (as March) and year 0000 (as 1900).
  const back = [wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate()];
  const clock = [wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds()];
  if ([...back, ...clock].some((part, n) => part !== parts[n])) return null;
  const takenOffsetMinutes = offsetOf([rest, ...offsets]);
  const takenMs = wallMs + millisecondsOf(found.fraction ?? fraction) - (takenOffsetMinutes ?? 0) * minuteMs;
  if (y < firstYear || takenMs > now.getTime() + dayMs) return null;
  return { takenAt: new Date(takenMs), takenOffsetMinutes };
}

function millisecondsOf(fraction = ""): number {
  const digits = /^\d{1,9}/.exec(fraction)?.[0];
  return digits ? Math.floor(Number(`0.${digits}`) * 1_000) : 0;
}

/** Returns the first plausible offset from UTC in minutes: `Z`, `+09:00`, `+0900`, `-3`. Null when none is. */
function offsetOf(texts: string[]): number | null {
  for (const text of texts) {
    const found = /^\s*(?:(?<zulu>Z)|(?<sign>[+\-\u2212])(?<hours>\d{1,2})(?::?(?<minutes>\d{2}))?)(?!\d)/i.exec(
      text,
    )?.groups;
    if (!found) continue;
    const { zulu, sign, hours = "0", minutes = "0" } = found;
    if (zulu) return 0;
    const size = Number(hours) * 60 + Number(minutes);
    if (Number(minutes) < 60 && size <= maxOffsetMinutes) return sign === "+" || size === 0 ? size : -size;
  }
  return null;
}
