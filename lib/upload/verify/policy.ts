import { uploadPolicy } from "../policy";

const { policyTtlSeconds, longestGrantSeconds, lateBodySeconds } = uploadPolicy;

/**
 * When the reaper visits an upload, in seconds after its end: at once, when its policies and part URLs have expired, when all
 * grants have, a day later, and when nothing can arrive any more.
 */
const visits = {
  atOnce: 0,
  policiesOver: policyTtlSeconds + 60,
  grantsOver: longestGrantSeconds + 15 * 60,
  nextDay: longestGrantSeconds + 24 * 60 * 60,
  nothingArrives: longestGrantSeconds + lateBodySeconds,
} as const;

const aDayMs = 24 * 60 * 60 * 1_000;

function after(endedAt: Date, seconds: number): Date {
  return new Date(endedAt.getTime() + seconds * 1_000);
}

/** Returns the time of the reaper's first visit to an upload. What a verified upload left over can wait. */
export function firstReapAt(state: "verified" | "aborted" | "expired", endedAt: Date): Date {
  return after(endedAt, state === "verified" ? visits.policiesOver : visits.atOnce);
}

/**
 * Returns the time of the visit after one at `now`; null when the prefix is clean: the visit found it empty when nothing could
 * arrive any more. As long as such a visit finds something, there is another one a day later.
 */
export function nextReapAt({ endedAt, now, isEmpty }: { endedAt: Date; now: Date; isEmpty: boolean }): Date | null {
  const next = Object.values(visits).find((seconds) => after(endedAt, seconds) > now);
  if (next !== undefined) return after(endedAt, next);
  return isEmpty ? null : new Date(now.getTime() + aDayMs);
}

/** Whether all grants of an upload that ended then have expired. */
export function areGrantsOver(endedAt: Date, now: Date): boolean {
  return after(endedAt, visits.grantsOver) <= now;
}
