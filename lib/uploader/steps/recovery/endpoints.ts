import { uploadPolicy } from "@/lib/upload/policy";
import { backoffMs, maxWait } from "../../state/backoff";
import type { Draft } from "../../state/draft";
import { type Endpoint, endpointAt, type Pace, withEndpoint, withUrls } from "../../state/endpoints";
import type { UploaderEvent } from "../../state/events";
import { failure, type PostFailure, type Verdict } from "../../state/failures";
import type { UploaderState } from "../../state/state";
import { endOutage, halt } from "./halt";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** Failures in a row after which an endpoint is dropped. */
const failuresAtMost = 2;
/** An endpoint that takes so many times longer than the policy's own gets no more connections. */
const tolerance = 2;

/** Takes over the endpoints of the current policy. Dropped ones are tried again. */
export function takePolicyEndpoints({ state }: Draft): void {
  state.endpoints = withUrls(state.endpoints, state.policy?.endpoints ?? []);
}

/** Tries all endpoints again: the cause of their failures may be gone. */
export function retryEndpoints(draft: Draft): void {
  takePolicyEndpoints(draft);
  endOutage(draft);
}

/** A larger share is used at once, a smaller one as soon as connections end. */
export function onShareChanged(draft: Draft, { connections }: EventOf<"shareChanged">): void {
  const { state } = draft;
  const share = Math.min(uploadPolicy.parallelPosts, Math.max(1, Math.floor(connections)));
  const { limit } = endpointAt(state.endpoints, 0);
  const full = limit === state.share;
  state.share = share;
  change(draft, 0, { limit: full ? share : Math.min(limit, share) });
}

/** Whether one more post or part may be sent to an endpoint. */
export function hasRoom({ endpoints, share, online, outage }: UploaderState, number: number): boolean {
  const { limit, busy, dropped } = endpointAt(endpoints, number);
  if (number > 0) return online && !outage && !dropped && busy < Math.min(limit, share);
  if (!outage) return busy < limit;
  return outage.probing && busy < 1;
}

function change(draft: Draft, number: number, to: Partial<Endpoint>): void {
  draft.state.endpoints = withEndpoint(draft.state.endpoints, number, to);
}

function smoothed(before: number | null, now: number): number {
  return before === null ? now : before * 0.8 + now * 0.2;
}

/** Notes that an endpoint took a post or a part. It gets one more connection while it is about as quick as the policy's own. */
export function endpointWentWell(draft: Draft, number: number, measure: keyof Pace, tookMs: number): void {
  const { state } = draft;
  const { limit, [measure]: before } = endpointAt(state.endpoints, number);
  const now = smoothed(before, tookMs);
  if (number === 0) {
    change(draft, 0, { limit: Math.min(state.share, limit + 1), [measure]: now });
    // Only the policy's own endpoint ends an outage: it is the one that was unreachable.
    if (state.outage) retryEndpoints(draft);
    state.failuresInRow = 0;
    return;
  }
  const first = endpointAt(state.endpoints, 0)[measure];
  const slow = first !== null && now > tolerance * first;
  const next = slow ? Math.max(1, limit - 1) : Math.min(state.share, limit + 1);
  change(draft, number, { [measure]: now, failures: 0, limit: next });
}

/** What failed; `renewed`: with a policy or URL that replaced an expired one. */
type Failed = { readonly what: "post" | "part"; readonly renewed: boolean };

/** Notes a failure. Returns whether it concerns the endpoint alone: the file or part is then sent to another one. */
export function endpointFailed(draft: Draft, number: number, verdict: Verdict, { what, renewed }: Failed): boolean {
  // A policy or URL expires at all endpoints; where a new one is said to have expired, the endpoint's clock is wrong.
  if (number === 0 || (verdict.failure.code === "policy-expired" && !renewed)) return false;
  // Nothing can be reached: no failure of this endpoint.
  if (!draft.state.online || draft.state.outage) return true;
  // A file that is too large, or its name too long, is so at all endpoints; parts are alike.
  const { code } = verdict.failure;
  if (what === "post" && verdict.action === "stop" && code !== "access-denied" && code !== "refused") return false;
  const { failures, limit, busy } = endpointAt(draft.state.endpoints, number);
  // Several SlowDown answers of the same moment count once.
  if (verdict.slow && (limit > 1 || busy > 1)) change(draft, number, { limit: Math.max(1, Math.floor(limit / 2)) });
  else change(draft, number, { failures: failures + 1, dropped: failures + 1 >= failuresAtMost });
  return true;
}

/** Notes that the policy's own endpoint failed. Returns whether all files wait for it together now. */
export function noteStorageFailure(draft: Draft, post: PostFailure, verdict: Verdict): boolean {
  const { state } = draft;
  if (state.failuresInRow === 0) state.failingSince = draft.at;
  state.failuresInRow += 1;
  const { limit } = endpointAt(state.endpoints, 0);
  if (verdict.slow) change(draft, 0, { limit: Math.max(1, Math.floor(limit / 2)) });
  const offline = !state.online && post.kind === "network";
  if (!state.outage && !offline && state.failuresInRow < maxWait.outageAfter) return false;
  waitOut(draft, verdict, offline);
  return true;
}

/** Makes all files wait; one is sent later to see whether the storage is reachable again. */
function waitOut(draft: Draft, verdict: Verdict, offline: boolean): void {
  const { state, at } = draft;
  const { outage } = state;
  // Other posts of the same moment fail, too: they count once.
  if (outage && !outage.probing) return;
  const since = outage?.since ?? state.failingSince;
  if (!offline && at - since >= maxWait.outageMs) {
    halt(draft, failure("unreachable"));
    return;
  }
  const failures = (outage?.failures ?? 0) + 1;
  const delayMs = offline ? maxWait.offlineProbeMs : backoffMs(failures, draft.random, verdict);
  state.outage = { since: offline ? at : since, failures, probing: false, retryAt: at + delayMs };
  draft.effects.push({ type: "timer", timer: "probe", delayMs });
}

export function onProbe(draft: Draft): void {
  const { state } = draft;
  if (state.outage) state.outage = { ...state.outage, probing: true };
}
