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

// Not by Intl: its texts differ between the versions of server and browsers, and React would find another text than it sent.
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const twoDigits = (value: number) => String(value).padStart(2, "0");

/** Formats what a clock shows, given as if the clock were UTC: "1 Jan 2024, 07:30". */
export function formatClock(clock: Date): string {
  return `${formatDay(clock)} ${clock.getUTCFullYear()}, ${formatTime(clock)}`;
}

/** Formats a time not long before `now`, both as clocks: the time alone on the same day, the day without its year in the same year. */
export function formatRecent(clock: Date, now: Date): string {
  if (clock.getUTCFullYear() !== now.getUTCFullYear()) return formatClock(clock);
  return formatDay(clock) === formatDay(now) ? formatTime(clock) : `${formatDay(clock)}, ${formatTime(clock)}`;
}

function formatDay(clock: Date): string {
  return `${clock.getUTCDate()} ${months[clock.getUTCMonth()]}`;
}

function formatTime(clock: Date): string {
  return `${twoDigits(clock.getUTCHours())}:${twoDigits(clock.getUTCMinutes())}`;
}

/** Formats an offset from UTC: 540 → "+09:00". */
export function formatOffset(offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** Formats a position to about a metre: (54.321, -12.5) → "54.32100° N, 12.50000° W". */
export function formatPosition(latitude: number, longitude: number): string {
  const side = (degrees: number, positive: string, negative: string) =>
    `${Math.abs(degrees).toFixed(5)}° ${degrees < 0 ? negative : positive}`;
  return `${side(latitude, "N", "S")}, ${side(longitude, "E", "W")}`;
}
