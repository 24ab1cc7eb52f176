const units = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** Formats bytes in decimal units, as file managers do: 1,536 → "1.5 KB". */
export function formatBytes(sizeBytes: number): string {
  const power = sizeBytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(sizeBytes) / 3));
  const value = sizeBytes / 1000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  const rounded = Number(value.toFixed(digits));
  // 999,999 bytes are 1 MB, not 1000 KB.
  if (rounded >= 1000 && power < units.length - 1) return `1 ${units[power + 1]}`;
  return `${rounded.toLocaleString("en")} ${units[power]}`;
}

/** Formats a count with its noun: (1, "picture") → "1 picture", (2400, "picture") → "2,400 pictures". */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}

// A fixed time zone, so that server and browser render the same text.
const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** Formats the time a picture was taken, as the camera recorded it: cameras rarely record a zone. */
export function formatMoment(iso: string): string {
  return dateTime.format(new Date(iso));
}

/** Formats a position to about a metre: (54.321, -12.5) → "54.32100° N, 12.50000° W". */
export function formatPosition(latitude: number, longitude: number): string {
  const side = (degrees: number, positive: string, negative: string) =>
    `${Math.abs(degrees).toFixed(5)}° ${degrees < 0 ? negative : positive}`;
  return `${side(latitude, "N", "S")}, ${side(longitude, "E", "W")}`;
}
