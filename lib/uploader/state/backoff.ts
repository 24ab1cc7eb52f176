/** Limits of retries and waits, in milliseconds unless the name says otherwise. */
export const maxWait = {
  baseMs: 500,
  /** S3 asks for 2 s, then 4 s … after SlowDown (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html). */
  slowBaseMs: 2_000,
  capMs: 15_000,
  /** The shortest wait: small random numbers must not turn a retry into a busy loop. */
  floorMs: 100,
  /** A file fails only after both: this many failures and this long since the first of them. */
  fileTries: 8,
  fileMs: 5 * 60_000,
  /** So many failures in a row, of any files, mean that the storage is unreachable, not that a file is bad. */
  outageAfter: 3,
  outageMs: 15 * 60_000,
  /** How often to try while the browser says that it is offline (it may be wrong: the storage can be this machine). */
  offlineProbeMs: 30_000,
  /** A call to the site is retried for this long. */
  callMs: 15 * 60_000,
  pollFirstMs: 400,
  pollCapMs: 5_000,
  /** How long to poll while the server verifies the files. */
  pollMs: 15 * 60_000,
} as const;

/**
 * Exponential backoff with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * `failures` counts from 1, `random` is in [0, 1). Never shorter than the server's Retry-After.
 */
export function backoffMs(
  failures: number,
  random: number,
  { slow = false, retryAfterSeconds = null }: { slow?: boolean; retryAfterSeconds?: number | null } = {},
): number {
  const base = slow ? maxWait.slowBaseMs : maxWait.baseMs;
  const ceiling = Math.min(maxWait.capMs, base * 2 ** Math.min(20, Math.max(0, failures - 1)));
  const retryAfterMs = Math.max(0, retryAfterSeconds ?? 0) * 1_000;
  return Math.round(Math.max(maxWait.floorMs, retryAfterMs) + random * ceiling);
}

/** The wait before the server's progress is polled again: grows by half each time, with jitter. */
export function pollMs(polls: number, random: number): number {
  const step = Math.min(maxWait.pollCapMs, maxWait.pollFirstMs * 1.5 ** Math.min(20, polls));
  return Math.round(step * (0.8 + 0.4 * random));
}
