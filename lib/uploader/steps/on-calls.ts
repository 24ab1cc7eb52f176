import { labelOf } from "@/lib/upload/policy";
import { maxWait, pollMs } from "../state/backoff";
import type { Draft } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import { type Failure, failure, failureOfCall } from "../state/failures";
import { type CallName, isFinal, leftToMove, outstanding, type UploaderState } from "../state/state";
import { retryEndpoints } from "./recovery/endpoints";
import { halt } from "./recovery/halt";
import { clearTrouble, retryOf } from "./recovery/retry-call";
import { retryBatchesNow } from "./register/on-registered";
import { renewIfDue, takePolicy } from "./transfer/on-policy";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

const callOf: Partial<Record<UploaderState["phase"], CallName>> = {
  opening: "open",
  sealing: "seal",
  verifying: "status",
  done: "status",
  aborted: "abort",
};

/** The call that the phase waits for; null where there is none, or where another tab owns the upload. */
function callFor({ phase, resumed }: UploaderState): CallName | null {
  if (phase === "opening" && resumed) return resumed.owner === "here" ? "resume" : null;
  return callOf[phase] ?? null;
}

function awaited(draft: Draft, call: CallName): boolean {
  return call === "renew" ? draft.state.renewing : callFor(draft.state) === call;
}

export function onOpened(draft: Draft, { upload, requestedAt }: EventOf<"opened">): void {
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
    clearTrouble(draft, "open");
    draft.effects.push({ type: "own", uploadId: id });
    takePolicy(draft, upload.policy, requestedAt);
  }
}

/** Resumes the upload as soon as no other tab owns it. Before anything else. */
export function onResumeRequested(draft: Draft, { uploadId }: EventOf<"resumeRequested">): void {
  const { state } = draft;
  if (state.phase !== "idle" || state.upload) return;
  state.resumed = { id: uploadId, owner: "unknown", plannedFiles: null, registeredFiles: 0 };
  state.phase = "opening";
  draft.effects.push({ type: "own", uploadId });
}

export function onOwning(draft: Draft, { uploadId, owned }: EventOf<"owning">): void {
  const { state } = draft;
  const { resumed } = state;
  if (state.phase !== "opening" || resumed?.id !== uploadId || resumed.owner === "here") return;
  state.resumed = { ...resumed, owner: owned ? "here" : "elsewhere" };
  if (owned) makeCall(draft, "resume");
}

export function onResumed(draft: Draft, { upload, requestedAt }: EventOf<"resumed">): void {
  const { state } = draft;
  if (state.phase !== "opening" || !state.resumed || state.upload) return;
  const { prefix, status, policy } = upload;
  state.status = status;
  if (!policy) {
    // Most often the tab that owned it has ended it.
    clearTrouble(draft, "resume");
    halt(draft, failure(status.state === "sealed" || status.state === "verified" ? "finished" : "closed"));
    return;
  }
  state.upload = { id: state.resumed.id, prefix };
  const plannedFiles = Math.max(status.plannedFiles ?? 0, status.files.total) || null;
  state.resumed = { ...state.resumed, plannedFiles, registeredFiles: status.registeredFiles ?? 0 };
  state.label = status.label || null;
  state.phase = "uploading";
  state.halted = null;
  clearTrouble(draft, "resume");
  takePolicy(draft, policy, requestedAt);
}

export function onAborted(draft: Draft): void {
  clearTrouble(draft, "abort");
}

export function onSealed(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "sealing" || !state.upload) return;
  clearTrouble(draft, "seal");
  state.halted = null;
  state.phase = "verifying";
  state.polls = 0;
  state.watchedSince = draft.at;
  draft.effects.push({ type: "status", uploadId: state.upload.id });
}

/** An upload is done once verified. Its previews are polled a little longer: they show which files are no pictures. */
export function onStatusRead(draft: Draft, { status }: EventOf<"statusRead">): void {
  const { state, at } = draft;
  if (state.phase !== "verifying" && state.phase !== "done") return;
  clearTrouble(draft, "status");
  state.status = status;
  state.halted = null;
  if (state.phase === "verifying" && status.state === "verified") {
    state.phase = "done";
    state.endedAt = at;
    state.watchedSince = at;
    state.polls = 0;
  }
  if (status.state === "aborted" || status.state === "expired") halt(draft, failure("closed"));
  else if (state.phase === "verifying" || status.files.pending > 0) pollLater(draft);
}

function pollLater(draft: Draft): void {
  const { state, at, random } = draft;
  if (at - (state.watchedSince ?? at) >= maxWait.pollMs) {
    if (state.phase === "verifying") halt(draft, failure("slow-check"));
    return;
  }
  retryCallLater(draft, "status", { failures: 0, since: at, delayMs: pollMs(state.polls, random) });
  state.polls += 1;
}

type Later = { failures: number; since: number; delayMs: number };

function retryCallLater(draft: Draft, call: CallName, { failures, since, delayMs }: Later): void {
  const { state, effects, at } = draft;
  state.calls = { ...state.calls, [call]: { failures, since, retryAt: at + delayMs } };
  effects.push({ type: "timer", timer: `call:${call}`, delayMs });
}

export function onCallFailed(draft: Draft, { call, failure: why }: EventOf<"callFailed">): void {
  if (!awaited(draft, call)) return;
  const retry = retryOf(draft, draft.state.calls[call] ?? null, why);
  if (retry) {
    retryCallLater(draft, call, retry);
    return;
  }
  clearTrouble(draft, call);
  // There is no upload yet that could have ended.
  const isNotOpened = call === "open" && why.code === "CONFLICT";
  giveUpCall(draft, call, isNotOpened ? failure("not-opened", why.message) : failureOfCall(why));
}

function giveUpCall(draft: Draft, call: CallName, why: Failure): void {
  const { state } = draft;
  if (call === "renew") state.renewing = false;
  // The server ends an aborted upload by itself.
  if (state.phase === "done" || state.phase === "aborted") return;
  // Nothing is left to send: no new policy is needed.
  if (call === "renew" && leftToMove(state) === 0) return;
  halt(draft, why);
}

/** Marks the call as due; `callDue` makes it unless everything is halted. */
export function onCallTimer(draft: Draft, call: CallName): void {
  const { state } = draft;
  const trouble = state.calls[call];
  if (trouble && trouble.retryAt !== null) state.calls = { ...state.calls, [call]: { ...trouble, retryAt: draft.at } };
}

/** After every event: makes the calls that are due, unless everything is halted. */
export function callDue(draft: Draft): void {
  const { state, at } = draft;
  if (state.halted) return;
  for (const call of Object.keys(state.calls) as CallName[]) {
    const trouble = state.calls[call];
    if (!awaited(draft, call) || !trouble || trouble.retryAt === null || trouble.retryAt > at) continue;
    draft.effects.push({ type: "noTimer", timer: `call:${call}` });
    if (call === "renew" && leftToMove(state) === 0) {
      // Nothing is left to send: the policy is requested again once something is.
      state.renewing = false;
      clearTrouble(draft, call);
      continue;
    }
    state.calls = { ...state.calls, [call]: { ...trouble, retryAt: null } };
    makeCall(draft, call);
  }
}

/** Makes all waiting calls now. */
function retryCallsNow(draft: Draft): void {
  for (const call of Object.keys(draft.state.calls) as CallName[]) onCallTimer(draft, call);
  retryBatchesNow(draft);
}

export function makeCall(draft: Draft, call: CallName): void {
  const { state, effects } = draft;
  if (call === "open") {
    // While folders are being read the numbers are not known.
    const planned = { plannedFiles: outstanding(state), plannedBytes: state.bytes.planned };
    const label = labelOf(state.label ?? "");
    const request = {
      ...(state.adding === 0 && planned),
      ...(label && { label }),
      ...(state.hashes && { checksum: "sha256" as const }),
    };
    effects.push({ type: "open", request });
  } else if (call === "resume") {
    if (state.resumed) effects.push({ type: "resume", uploadId: state.resumed.id });
  } else if (state.upload) effects.push({ type: call, uploadId: state.upload.id });
}

/** The person chose to try again after a halt. */
export function onTriedAgain(draft: Draft): void {
  const { state } = draft;
  if (!state.halted || isFinal(state.halted)) return;
  // The policy may have expired unnoticed.
  if (state.halted.code === "access-denied" && state.policy) state.policy = { ...state.policy, expired: true };
  state.halted = null;
  retryEndpoints(draft);
  state.policyRefusals = 0;
  state.refusedInRow = 0;
  state.deniedInRow = 0;
  state.watchedSince = draft.at;
  state.polls = 0;
  retryCallsNow(draft);
  const call = callFor(state);
  if (call && !state.calls[call]) makeCall(draft, call);
  else renewIfDue(draft);
}

export function onOnline(draft: Draft, online: boolean): void {
  const { state } = draft;
  state.online = online;
  if (!online) return;
  retryEndpoints(draft);
  if (state.halted?.code === "unreachable" || state.halted?.code === "site-unavailable") {
    onTriedAgain(draft);
    return;
  }
  retryCallsNow(draft);
}
