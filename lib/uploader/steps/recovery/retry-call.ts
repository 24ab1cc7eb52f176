import { backoffMs, maxWait } from "../../state/backoff";
import type { Draft } from "../../state/draft";
import { type CallFailure, isTransientFailure } from "../../state/failures";
import type { CallName } from "../../state/state";

/** Failures of a call in a row, and when (`at` of the event) they began. */
type Failures = { readonly failures: number; readonly since: number };

/** Returns when a failed call to the site is made again, null where it is given up. `before`: its earlier failures. */
export function retryOf(
  { state, at, random }: Draft,
  before: Failures | null,
  why: CallFailure,
): (Failures & { readonly delayMs: number }) | null {
  const failures = (before?.failures ?? 0) + 1;
  const since = before?.since ?? at;
  const inTime = at - since < maxWait.callMs || !state.online;
  // A fault inside the site is worth a few attempts, not a quarter of an hour.
  const worthIt = why.code !== "INTERNAL" || failures < maxWait.fileTries;
  if (!isTransientFailure(why) || !inTime || !worthIt) return null;
  return { failures, since, delayMs: backoffMs(failures, random, { retryAfterSeconds: why.retryAfterSeconds }) };
}

/** Forgets the failures of a call. */
export function clearTrouble(draft: Draft, call: CallName): void {
  const { [call]: _, ...rest } = draft.state.calls;
  draft.state.calls = rest;
}
