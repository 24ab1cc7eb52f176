import { current, type Draft, putFile } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { classifyFailure, type Failure } from "../../state/failures";
import type { PostingFile } from "../../state/file";
import { recheck, restart } from "../file/settle-file";
import { toDone, toReady } from "../file/transitions";
import { endpointFailed, endpointWentWell } from "../recovery/endpoints";
import { halt } from "../recovery/halt";
import { noteStorageSuccess, retryLater, sendAgain, stopFile } from "../recovery/retry";
import { startCompleting } from "./on-complete";
import { renewIfDue } from "./on-policy";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** So many posts refused in a row, with more than one policy: a new one does not help. */
const refusedAtMost = 3;

export function onProgressed(draft: Draft, event: EventOf<"progressed">): void {
  const file = current(draft, event, "posting");
  if (!file) return;
  const sentBytes = Math.min(file.sizeBytes, Math.max(0, event.sentBytes));
  if (sentBytes !== file.post.sentBytes) putFile(draft, { ...file, post: { ...file.post, sentBytes } });
}

/** The storage has the file; it is compared with the disk while the connection is used for the next one. */
export function onPosted(draft: Draft, event: EventOf<"posted">): void {
  const file = current(draft, event, "posting");
  if (!file) return;
  if (event.verified) draft.state.verifies = true;
  endpointWentWell(draft, file.post.endpoint, "postMs", draft.at - file.post.begunAt);
  noteStorageSuccess(draft);
  recheck(draft, file);
}

export function onRechecked(draft: Draft, event: EventOf<"rechecked">): void {
  const file = current(draft, event, "checking");
  if (!file) return;
  const { onDisk } = event;
  const same = onDisk && onDisk.sizeBytes === file.sizeBytes && onDisk.lastModified === file.lastModified;
  if (!same) restart(draft, file, onDisk);
  else if (file.known.multipart) startCompleting(draft, file, file.known.multipart);
  else toDone(draft, file);
}

/** Sending or reading failed because the file changed on the disk. */
export function onChanged(draft: Draft, event: EventOf<"changed">): void {
  const file = current(draft, event, "posting", "hashing");
  if (file) restart(draft, file, event.onDisk);
}

export function onPostFailed(draft: Draft, event: EventOf<"postFailed">): void {
  const file = current(draft, event, "posting");
  if (!file) return;
  const { policy, policyRefusals } = draft.state;
  const mayBeExpired = policy !== null && (policy.renewDue || policy.expired || event.generation !== policy.generation);
  const verdict = classifyFailure(event.failure, mayBeExpired);
  const renewed = policyRefusals > 0 && policy?.expired === false && event.generation === policy.generation;
  if (endpointFailed(draft, file.post.endpoint, verdict, { what: "post", renewed })) sendAgain(draft, file);
  else if (verdict.action === "retry") retryLater(draft, file, event.failure, verdict);
  else if (verdict.action === "suspect") suspectPolicy(draft, file, event.generation, verdict.failure);
  else if (verdict.action === "renew") renewFirst(draft, file, event.generation, verdict.failure);
  else if (verdict.action === "halt") {
    toReady(draft, file, { again: true });
    halt(draft, verdict.failure);
  } else stopFile(draft, file, verdict.failure);
}

/** Sends the file with a new policy, once. Where that one is denied, too, the file fails. */
function suspectPolicy(draft: Draft, file: PostingFile, generation: number, reason: Failure): void {
  const { state } = draft;
  if (!state.policy || draft.at < state.policy.freshUntil) {
    stopFile(draft, file, reason);
    return;
  }
  toReady(draft, file, { again: true });
  if (generation === state.policy.generation) state.policy = { ...state.policy, expired: true, suspect: true };
  renewIfDue(draft);
}

/** The file waits for a new policy. If new ones are refused as well, everything halts. */
function renewFirst(draft: Draft, file: PostingFile, generation: number, reason: Failure): void {
  const { state } = draft;
  toReady(draft, file, { again: true });
  state.refusedInRow += 1;
  if (!state.policy || generation !== state.policy.generation) return;
  if (!state.policy.expired) {
    state.policy = { ...state.policy, expired: true };
    state.policyRefusals += 1;
  }
  // A single refusal can come from a proxy.
  if (state.policyRefusals > 1 && state.refusedInRow >= refusedAtMost) halt(draft, reason);
  else renewIfDue(draft);
}
