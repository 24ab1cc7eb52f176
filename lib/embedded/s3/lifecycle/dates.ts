const DAY_MS = 24 * 3600 * 1000;
/** The last moment a Date can be (ECMA-262, 21.4.1.1): in practice never. */
const NEVER = 8.64e15;
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * When something that began at `start` is so many days old as lifecycles count: the days are added and the result is
 * rounded up to midnight, UTC.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 * @param start milliseconds
 * @returns milliseconds
 */
export function dueAfter(start: number, days: number): number {
  return Math.min(Math.ceil((start + days * DAY_MS) / DAY_MS) * DAY_MS, NEVER);
}

/** Milliseconds of a date of ISO 8601, with or without its time; `undefined` for what is none. */
export function parseDate(text: string): number | undefined {
  const [, year, month, day] = ISO_8601.exec(text) ?? [];
  const at = Date.parse(text);
  // Date.parse takes the 31st of any month for a day of the next one.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return day === undefined || Number.isNaN(at) || Number(day) > lastDay ? undefined : at;
}

export function isMidnight(at: number): boolean {
  return at % DAY_MS === 0;
}
