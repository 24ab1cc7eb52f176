import { afresh, type Draft, setFile, toNaming } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import type { FileState, UploadFile } from "../state/file";
import { type PassName, unsettledStates } from "../state/state";
import { decide } from "./on-conflicts";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

type Pass = {
  readonly of: ReadonlySet<FileState>;
  readonly each: (draft: Draft, file: UploadFile) => void;
};

const canceled = { state: "canceled", sentBytes: 0, retryAt: null, multipart: null, digests: null } as const;

const passes: Record<PassName, Pass> = {
  conflict: { of: new Set(["asking"]), each: decide },
  retry: { of: new Set(["failed"]), each: (draft, file) => toNaming(draft, file, afresh) },
  // By then nothing works on them any more.
  cancel: { of: new Set(unsettledStates), each: (draft, file) => setFile(draft, file, canceled) },
};

/**
 * Goes through all files, the first few hundred at once and the others after the page could paint: fifty thousand in one step
 * would hold it up for seconds. A pass that is under way begins anew.
 */
export function beginPass(draft: Draft, name: PassName): void {
  draft.state.passes = { ...draft.state.passes, [name]: 0 };
  passOn(draft);
}

/** Files that were not come to stay as they are. */
export function endPass(draft: Draft, name: PassName): void {
  const { [name]: _ended, ...others } = draft.state.passes;
  draft.state.passes = others;
}

export function onConflict(draft: Draft, { choice }: EventOf<"conflict">): void {
  draft.state.conflict = choice;
  if (draft.state.counts.asking > 0) beginPass(draft, "conflict");
}

export function onWentOn(draft: Draft): void {
  draft.state.goingOn = false;
  passOn(draft);
}

/** To be woken after the page could paint, for what was too much for one step. */
export function goOnLater(draft: Draft): void {
  if (draft.state.goingOn) return;
  draft.state.goingOn = true;
  draft.effects.push({ type: "goOn" });
}

function passOn(draft: Draft): void {
  for (const name of Object.keys(draft.state.passes) as PassName[]) {
    const next = passChunk(draft, name, draft.state.passes[name] ?? 0);
    if (next === null) endPass(draft, name);
    else draft.state.passes = { ...draft.state.passes, [name]: next };
  }
  if (Object.keys(draft.state.passes).length > 0) goOnLater(draft);
}

/** Does the first chunk from this one on in which there is anything to do; the chunk after it, null where there is none. */
function passChunk(draft: Draft, name: PassName, from: number): number | null {
  const { of, each } = passes[name];
  const { chunks } = draft.state.files;
  for (let at = from; at < chunks.length; at += 1) {
    const found = chunks[at]?.filter(({ state }) => of.has(state)) ?? [];
    if (found.length === 0) continue;
    for (const file of found) each(draft, file);
    return at + 1 < chunks.length ? at + 1 : null;
  }
  return null;
}
