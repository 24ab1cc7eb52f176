import type { Draft } from "../../state/draft";
import type { UploaderState } from "../../state/state";

/** Seals the upload: the server may verify what is there. */
export function seal(draft: Draft, uploadId: string): void {
  draft.state.phase = "sealing";
  endOutage(draft); // the last file may have arrived without an answer of the storage
  draft.effects.push(
    { type: "noTimer", timer: "policy:due" },
    { type: "noTimer", timer: "policy:expired" },
    { type: "seal", uploadId },
  );
}

/** Starts nothing more until the person acts. Posts in flight may arrive. */
export function halt(draft: Draft, failure: UploaderState["halted"]): void {
  draft.state.halted = failure;
  if (failure) draft.state.finishing = false;
  endOutage(draft);
}

export function endOutage(draft: Draft): void {
  if (draft.state.outage) draft.effects.push({ type: "noTimer", timer: "probe" });
  draft.state.outage = null;
  draft.state.failuresInRow = 0;
}
