import type { Draft } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { type UploadFile, unsettledStates } from "../../state/file";
import type { PassName } from "../../state/state";
import { toCanceled, toQueued } from "../file/transitions";
import { decide } from "./on-conflicts";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

const unsettled: ReadonlySet<string> = new Set(unsettledStates);

/** What each pass does to a file; false for a file it does not concern. */
const passes: Record<PassName, (draft: Draft, file: UploadFile) => boolean> = {
  conflict: (draft, file) => {
    if (file.state !== "conflict") return false;
    decide(draft, file);
    return true;
  },
  retry: (draft, file) => {
    if (file.state === "failed") toQueued(draft, file);
    return file.state === "failed";
  },
  // `stopAll` ended all work on them.
  cancel: (draft, file) => {
    if (unsettled.has(file.state)) toCanceled(draft, file);
    return unsettled.has(file.state);
  },
};

/**
 * Goes through all files, the first few hundred at once and the others after the page could paint: fifty thousand in
 * one step would block it for seconds. A pass in progress starts over.
 */
export function startPass(draft: Draft, name: PassName): void {
  draft.state.passes = { ...draft.state.passes, [name]: 0 };
  runPasses(draft);
}

/** Ends a pass. Files it did not reach stay as they are. */
export function endPass(draft: Draft, name: PassName): void {
  const { [name]: _ended, ...others } = draft.state.passes;
  draft.state.passes = others;
}

export function onConflictChosen(draft: Draft, { choice }: EventOf<"conflictChosen">): void {
  draft.state.conflict = choice;
  if (draft.state.counts.conflict > 0) startPass(draft, "conflict");
}

export function onOthersConflictChosen(draft: Draft, { choice }: EventOf<"othersConflictChosen">): void {
  draft.state.othersConflict = choice;
  if (draft.state.conflicts.others > 0) startPass(draft, "conflict");
}

export function onYielded(draft: Draft): void {
  draft.state.yielding = false;
  runPasses(draft);
}

/** Continues after the page could paint, for work that is too much for one step. */
export function yieldLater(draft: Draft): void {
  if (draft.state.yielding) return;
  draft.state.yielding = true;
  draft.effects.push({ type: "yieldToPage" });
}

function runPasses(draft: Draft): void {
  for (const name of Object.keys(draft.state.passes) as PassName[]) {
    const next = runChunk(draft, name, draft.state.passes[name] ?? 0);
    if (next === null) endPass(draft, name);
    else draft.state.passes = { ...draft.state.passes, [name]: next };
  }
  if (Object.keys(draft.state.passes).length > 0) yieldLater(draft);
}

/** Processes the next chunk with anything to do, from this one on. Returns the chunk after it, null at the end. */
function runChunk(draft: Draft, name: PassName, from: number): number | null {
  const { chunks } = draft.state.files;
  for (let at = from; at < chunks.length; at += 1) {
    let found = false;
    for (const file of chunks[at]?.slice() ?? []) found = passes[name](draft, file) || found;
    if (found) return at + 1 < chunks.length ? at + 1 : null;
  }
  return null;
}
