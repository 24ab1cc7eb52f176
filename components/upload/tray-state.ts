import { useCallback, useRef, useSyncExternalStore } from "react";
import { isDead, isElsewhere, outstanding, type UploaderState } from "@/lib/uploader/state/state";
import { progressOf } from "@/lib/uploader/steps/progress";
import { isPaused, needsPerson } from "./upload-text";
import type { RunningUpload } from "./uploads-store";

const nothing: readonly UploaderState[] = [];

/** The states of several uploads; the same array until one of them changes. */
export function useStates(uploads: readonly RunningUpload[]): readonly UploaderState[] {
  const last = useRef<readonly UploaderState[]>(nothing);
  const subscribe = useCallback(
    (changed: () => void) => {
      const ends = uploads.map(({ uploader }) => uploader.subscribe(changed));
      return () => {
        for (const end of ends) end();
      };
    },
    [uploads],
  );
  const read = () => {
    const states = uploads.map(({ uploader }) => uploader.getSnapshot());
    const same = states.length === last.current.length && states.every((state, index) => state === last.current[index]);
    if (!same) last.current = states;
    return last.current;
  };
  return useSyncExternalStore(subscribe, read, () => nothing);
}

/** What several uploads are together; the one that asks for the person comes first. */
export type TrayMood = "asks" | "moves" | "paused" | "done" | "over";

export function moodOf(states: readonly UploaderState[]): TrayMood {
  if (states.some(needsPerson)) return "asks";
  const going = states.filter((state) => !hasEnded(state));
  if (going.length === 0) return endOf(states);
  return going.every((state) => isPaused(state) || isElsewhere(state)) ? "paused" : "moves";
}

function hasEnded(state: UploaderState): boolean {
  const { phase, adding } = state;
  if (phase === "idle") return adding === 0 && outstanding(state) === 0;
  return phase === "done" || phase === "aborted" || isDead(state);
}

function endOf(states: readonly UploaderState[]): TrayMood {
  return states.some(({ phase, halted }) => phase === "done" || halted?.code === "finished") ? "done" : "over";
}

/** 0 … 1 of the bytes of all of them; ended ones count as the whole they are. */
export function ratioOf(states: readonly UploaderState[]): number {
  let [sent, planned] = [0, 0];
  for (const state of states) {
    const progress = progressOf(state);
    sent += state.phase === "done" ? progress.plannedBytes : progress.sentBytes;
    planned += progress.plannedBytes;
  }
  return planned === 0 ? 0 : Math.min(1, sent / planned);
}
