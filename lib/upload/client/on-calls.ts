import { uploadPolicy } from "../policy";
import type { PostPolicy } from "../schema";
import { backoffMs, patience, pollMs } from "./backoff";
import { type Draft, endOutage, halt, renewIfDue } from "./draft";
import type { UploaderEvent } from "./events";
import { type Failure, failure, failureOfCall, healsByItself } from "./failures";
import { lifetimeMs } from "./policy-clock";
import { type CallName, outstanding, type UploaderState } from "./state";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** The call that the phase is waiting for. */
const callOf: Partial<Record<UploaderState["phase"], CallName>> = {
  opening: "open",
  sealing: "seal",
  verifying: "status",
  done: "status",
  aborted: "abort",
};

function awaited(draft: Draft, call: CallName): boolean {
  return call === "renew" ? draft.state.renewing : callOf[draft.state.phase] === call;
}

function well(draft: Draft, call: CallName): void {
  const { [call]: _, ...rest } = draft.state.calls;
  draft.state.calls = rest;
}

export function onOpened(draft: Draft, { upload, askedAt }: EventOf<"opened">): void {
  const { state } = draft;
  if (state.upload) return;
  const { id, prefix } = upload;
  if (state.phase === "aborted") {
    state.upload = { id, prefix };
    draft.effects.push({ type: "abort", uploadId: id });
  } else if (state.phase === "opening") {
    state.upload = { id, prefix };
    state.phase = "uploading";
    state.halted = null;
    well(draft, "open");
    hold(draft, upload.policy, askedAt);
  }
}

export function onRenewed(draft: Draft, { policy, askedAt }: EventOf<"renewed">): void {
  const { state } = draft;
  if (!state.renewing) return;
  state.renewing = false;
  well(draft, "renew");
  if (state.phase === "uploading") hold(draft, policy, askedAt);
}

/**
 * Reckons the policy's end by this machine's clock: it lives from the moment it was asked for (not later than it was
 * signed) as long as the server's two times are apart, so that a wrong clock here does no harm.
 */
function hold(draft: Draft, policy: PostPolicy, askedAt: number): void {
  const { state } = draft;
  const lifeMs = lifetimeMs(policy);
  const leftMs = Math.max(0, askedAt + lifeMs - draft.at);
  const renewBeforeMs = Math.min(uploadPolicy.policyRenewBeforeSeconds * 1_000, lifeMs / 3);
  state.policy = { ...policy, generation: (state.policy?.generation ?? 0) + 1, renewDue: false, over: false };
  draft.effects.push(
    { type: "timer", timer: "policy:due", delayMs: Math.max(0, leftMs - renewBeforeMs) },
    { type: "timer", timer: "policy:over", delayMs: leftMs },
  );
}

export function onPolicyRang(draft: Draft, part: "due" | "over"): void {
  const { state } = draft;
  if (!state.policy) return;
  state.policy = { ...state.policy, renewDue: true, over: state.policy.over || part === "over" };
  renewIfDue(draft);
}

export function onAborted(draft: Draft): void {
  well(draft, "abort");
}

export function onSealed(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "sealing" || !state.upload) return;
  well(draft, "seal");
  state.halted = null;
  state.phase = "verifying";
  state.looks = 0;
  state.watchedSince = draft.at;
  draft.effects.push({ type: "status", uploadId: state.upload.id });
}

/** Verified is done; previews are made afterwards and looked at a little longer, as they tell what is no picture. */
export function onStatusRead(draft: Draft, { status }: EventOf<"statusRead">): void {
  const { state, at } = draft;
  if (state.phase !== "verifying" && state.phase !== "done") return;
  well(draft, "status");
  state.status = status;
  state.halted = null;
  if (state.phase === "verifying" && status.state === "verified") {
    state.phase = "done";
    state.endedAt = at;
    state.watchedSince = at;
    state.looks = 0;
  }
  if (status.state === "aborted" || status.state === "expired") halt(draft, failure("closed"));
  else if (state.phase === "verifying" || status.files.pending > 0) lookAgain(draft);
}

function lookAgain(draft: Draft): void {
  const { state, at, random } = draft;
  if (at - (state.watchedSince ?? at) >= patience.pollMs) {
    if (state.phase === "verifying") halt(draft, failure("slow-check"));
    return;
  }
  askLater(draft, "status", { failures: 0, since: at }, pollMs(state.looks, random));
  state.looks += 1;
}

function askLater(draft: Draft, call: CallName, trouble: { failures: number; since: number }, delayMs: number): void {
  const { state, effects, at } = draft;
  state.calls = { ...state.calls, [call]: { ...trouble, retryAt: at + delayMs } };
  effects.push({ type: "timer", timer: `call:${call}`, delayMs });
}

export function onCallFailed(draft: Draft, { call, failure: why }: EventOf<"callFailed">): void {
  const { state, at, random } = draft;
  if (!awaited(draft, call)) return;
  const trouble = state.calls[call] ?? { failures: 0, since: at };
  const failures = trouble.failures + 1;
  const patient = at - trouble.since < patience.callMs || !state.online;
  // A fault inside the site is worth a few tries, not a quarter of an hour.
  if (healsByItself(why) && patient && (why.code !== "INTERNAL" || failures < patience.fileTries)) {
    const delayMs = backoffMs(failures, random, { retryAfterSeconds: why.retryAfterSeconds });
    askLater(draft, call, { failures, since: trouble.since }, delayMs);
    return;
  }
  well(draft, call);
  giveUpCall(draft, call, failureOfCall(why));
}

function giveUpCall(draft: Draft, call: CallName, why: Failure): void {
  const { state } = draft;
  if (call === "renew") state.renewing = false;
  // Done is done, and a given-up upload ends by itself on the server.
  if (state.phase === "done" || state.phase === "aborted") return;
  // The policy held may still be good for a while; if nothing is left to send, the failure is nobody's concern.
  if (call === "renew" && outstanding(state) === 0) return;
  halt(draft, why);
}

export function onCallRang(draft: Draft, call: CallName): void {
  const { state } = draft;
  const trouble = state.calls[call];
  if (!awaited(draft, call) || state.halted || !trouble || trouble.retryAt === null) return;
  state.calls = { ...state.calls, [call]: { ...trouble, retryAt: null } };
  ask(draft, call);
}

export function ask(draft: Draft, call: CallName): void {
  const { state, effects } = draft;
  if (call === "open") {
    const plannedFiles = outstanding(state) + state.counts.done + state.counts.failed;
    const request = { plannedFiles, plannedBytes: state.bytes.planned };
    // A label is kept at 200 characters at most.
    const label = state.label?.slice(0, 200).trim();
    effects.push({ type: "open", request: label ? { ...request, label } : request });
  } else if (state.upload) effects.push({ type: call, uploadId: state.upload.id });
}

/** The person says: go on. */
export function onTriedAgain(draft: Draft): void {
  const { state } = draft;
  if (!state.halted) return;
  state.halted = null;
  endOutage(draft);
  state.policyRefusals = 0;
  state.deniedInRow = 0;
  state.watchedSince = draft.at;
  state.looks = 0;
  const call = callOf[state.phase];
  if (call) ask(draft, call);
  else renewIfDue(draft);
}

export function onOnline(draft: Draft, online: boolean): void {
  const { state } = draft;
  state.online = online;
  if (!online) return;
  endOutage(draft);
  if (state.halted?.code === "unreachable" || state.halted?.code === "site-unavailable") {
    onTriedAgain(draft);
    return;
  }
  // What waits for a later try is tried now.
  for (const call of Object.keys(state.calls) as CallName[]) {
    draft.effects.push({ type: "noTimer", timer: `call:${call}` });
    onCallRang(draft, call);
  }
}
