import type { Draft } from "../state/draft";
import type { Verdict } from "../state/failures";
import type { Lane, Pace, UploaderState } from "../state/state";
import { endOutage } from "./halt";

/** Failures in a row after which an endpoint is not used any more: it may not be there, or not for us. */
const failuresAtMost = 2;
/** An endpoint that takes so many times longer than the first one is not worth more connections. */
const tolerance = 2;

/** The lanes for a policy's other endpoints: what is known of one stays with it. */
export function lanesFor(state: UploaderState, endpoints: readonly string[] | undefined): readonly Lane[] {
  const fresh = { limit: 1, busy: 0, failures: 0, dropped: false, postMs: null, mibMs: null };
  // One that was given up is tried once more: what was wrong may have been the network.
  const again = { limit: 1, failures: 0, dropped: false };
  const kept = state.lanes.map((lane) => {
    if (!endpoints?.includes(lane.url)) return { ...lane, dropped: true };
    return lane.dropped ? { ...lane, ...again } : lane;
  });
  const added = (endpoints ?? []).filter((url) => !state.lanes.some((lane) => lane.url === url));
  // Places are kept: files refer to them by number.
  return [...kept, ...[...new Set(added)].map((url) => ({ url, ...fresh }))];
}

/** The storage may be there again: what was wrong with its other endpoints may have been the same. */
export function beginAgain(draft: Draft): void {
  const { state } = draft;
  state.lanes = lanesFor(state, state.policy?.endpoints);
  endOutage(draft);
}

/** Whether a lane, as files count them (from 1), has a free connection. */
export function isFree({ lanes, share, online, outage }: UploaderState, number: number): boolean {
  const lane = lanes[number - 1];
  return lane !== undefined && online && !outage && !lane.dropped && lane.busy < Math.min(lane.limit, share);
}

/** All connections there may be, to every endpoint. */
export function connectionsOf({ lanes, share }: UploaderState): number {
  return lanes.reduce((sum, { dropped }) => (dropped ? sum : sum + share), share);
}

export function busyOnLanes({ lanes }: UploaderState): number {
  return lanes.reduce((sum, { busy }) => sum + busy, 0);
}

function change(draft: Draft, number: number, to: (lane: Lane) => Partial<Lane>): void {
  const { state } = draft;
  state.lanes = state.lanes.map((lane, index) => (index === number - 1 ? { ...lane, ...to(lane) } : lane));
}

function smoothed(before: number | null, now: number): number {
  return before === null ? now : before * 0.8 + now * 0.2;
}

/** A connection more for the endpoint that took a file or a part, as long as it is about as quick as the first one. */
export function laneWentWell(draft: Draft, number: number, measure: keyof Pace, tookMs: number): void {
  const { state } = draft;
  const first = state.laneZero[measure];
  if (number === 0) {
    state.limit = Math.min(state.share, state.limit + 1);
    state.laneZero = { ...state.laneZero, [measure]: smoothed(first, tookMs) };
    // What another one takes does not say that the first is back.
    if (state.outage) beginAgain(draft);
    state.failuresInRow = 0;
    return;
  }
  change(draft, number, ({ limit, [measure]: before }) => {
    const now = smoothed(before, tookMs);
    const slow = first !== null && now > tolerance * first;
    return { [measure]: now, failures: 0, limit: slow ? Math.max(1, limit - 1) : Math.min(state.share, limit + 1) };
  });
}

/** What failed; `renewed`: with a policy or URL that was made because an earlier one was said to have ended. */
type Failed = { readonly what: "post" | "part"; readonly renewed: boolean };

/** Whether a failure is the endpoint's own affair: what it did not take is sent by another one, as if it had not been tried. */
export function laneFailed(draft: Draft, number: number, verdict: Verdict, { what, renewed }: Failed): boolean {
  // A policy's or a URL's end is the same everywhere; where a new one has ended, too, it is the endpoint's clock.
  if (number === 0 || (verdict.failure.code === "policy-expired" && !renewed)) return false;
  // Nor is it the endpoint's when nothing can be reached.
  if (!draft.state.online || draft.state.outage) return true;
  // A file can be too large, or its name too long, everywhere; a part is as good as the others.
  const { code } = verdict.failure;
  if (what === "post" && verdict.action === "stop" && code !== "access-denied" && code !== "refused") return false;
  change(draft, number, ({ failures, limit, busy }) => {
    // Those that were on their way together say it once.
    if (verdict.slow && (limit > 1 || busy > 1)) return { limit: Math.max(1, Math.floor(limit / 2)) };
    return { failures: failures + 1, dropped: failures + 1 >= failuresAtMost };
  });
  return true;
}
