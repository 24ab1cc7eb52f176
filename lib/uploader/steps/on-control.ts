import { type Draft, fileOf } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import { isPausable } from "../state/file";
import { itemsOf } from "../state/vector";
import { stopWork, toPaused, toQueued, toReady } from "./file/transitions";
import { sendAgain } from "./recovery/retry";
import { renewIfDue } from "./transfer/on-policy";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** Files in flight return to the queue; parts that arrived stay. */
export function onPaused(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "uploading" && state.phase !== "opening" && state.phase !== "idle") return;
  state.paused = true;
  if (state.counts.posting + state.counts.parts === 0) return;
  for (const file of itemsOf(state.files)) {
    if (file.state !== "posting" && file.state !== "parts") continue;
    stopWork(draft, file);
    if (file.state === "posting") sendAgain(draft, file);
    else toReady(draft, file);
  }
}

export function onUnpaused(draft: Draft): void {
  draft.state.paused = false;
  renewIfDue(draft);
}

export function onFilePaused(draft: Draft, event: EventOf<"filePaused">): void {
  const file = fileOf(draft, event.fileId);
  if (file && isPausable(file)) toPaused(draft, file);
}

/** Registers the file again: the server knows whether it arrived meanwhile. */
export function onFileResumed(draft: Draft, event: EventOf<"fileResumed">): void {
  const file = fileOf(draft, event.fileId);
  if (file?.state === "paused") toQueued(draft, file);
}
