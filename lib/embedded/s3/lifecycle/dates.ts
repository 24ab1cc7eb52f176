const DAY_MS = 24 * 3600 * 1000;
/** The latest time of a Date (ECMA-262, 21.4.1.1). */
const NEVER = 8.64e15;
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Adds days to a time as lifecycles do: the result is rounded up to midnight UTC.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 * @param start milliseconds
 * @returns milliseconds
 */
export function dueAfter(start: number, days: number): number {
  return Math.min(Math.ceil((start + days * DAY_MS) / DAY_MS) * DAY_MS, NEVER);
}

/** Parses a date of ISO 8601, with or without a time, to milliseconds; `undefined` when it is malformed. */
export function parseDate(text: string): number | undefined {
  const [, year, month, day] = ISO_8601.exec(text) ?? [];
  const at = Date.parse(text);
  // Date.parse accepts the 31st of every month.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return day === undefined || Number.isNaN(at) || Number(day) > lastDay ? undefined : at;
}

export function isMidnight(at: number): boolean {
  return at % DAY_MS === 0;
}
