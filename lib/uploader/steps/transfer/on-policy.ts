import { uploadPolicy } from "@/lib/upload/policy";
import type { PostPolicy } from "@/lib/upload/schema";
import type { Draft } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { lifetimeMs, takesSha256 } from "../../state/policy-clock";
import { leftToMove } from "../../state/state";
import { takePolicyEndpoints } from "../recovery/endpoints";
import { clearTrouble } from "../recovery/retry-call";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** A denial within this time of a new policy is not due to its age; later the machine may have slept. */
const freshForMs = 60_000;

/**
 * Takes a new policy. Its end is computed by this machine's clock: from the time of the call, which is not later than
 * its signature, for as long as the server's two times are apart. A wrong clock here does no harm.
 */
export function takePolicy(draft: Draft, policy: PostPolicy, requestedAt: number): void {
  const { state } = draft;
  const lifeMs = lifetimeMs(policy);
  const leftMs = Math.max(0, requestedAt + lifeMs - draft.at);
  const renewBeforeMs = Math.min(uploadPolicy.policyRenewBeforeSeconds * 1_000, lifeMs / 3);
  const generation = (state.policy?.generation ?? 0) + 1;
  const freshUntil = state.policy?.suspect ? draft.at + freshForMs : 0;
  const times = { generation, renewDue: false, expired: false, suspect: false, freshUntil };
  state.policy = { ...policy, ...times, takesSha256: takesSha256(policy) };
  takePolicyEndpoints(draft);
  draft.effects.push(
    { type: "timer", timer: "policy:due", delayMs: Math.max(0, leftMs - renewBeforeMs) },
    { type: "timer", timer: "policy:expired", delayMs: leftMs },
  );
}

export function onRenewed(draft: Draft, { policy, requestedAt }: EventOf<"renewed">): void {
  const { state } = draft;
  if (!state.renewing) return;
  state.renewing = false;
  clearTrouble(draft, "renew");
  if (state.phase === "uploading") takePolicy(draft, policy, requestedAt);
}

export function onPolicyTimer(draft: Draft, part: "due" | "expired"): void {
  const { state } = draft;
  if (!state.policy) return;
  state.policy = { ...state.policy, renewDue: true, expired: state.policy.expired || part === "expired" };
  renewIfDue(draft);
}

/** Requests a new policy if the current one ends and files are left to send. */
export function renewIfDue(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading" || state.halted || state.paused) return;
  if (state.renewing || !state.policy || !state.upload) return;
  if (!state.policy.renewDue && !state.policy.expired) return;
  if (leftToMove(state) === 0) return;
  state.renewing = true;
  draft.effects.push({ type: "renew", uploadId: state.upload.id });
}
