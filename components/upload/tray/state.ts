import { useCallback, useRef, useSyncExternalStore } from "react";
import { isDead, isElsewhere, outstanding, type UploaderState } from "@/lib/uploader/state/state";
import { progressOf } from "@/lib/uploader/steps/progress";
import { isPaused, needsPerson } from "../progress/upload-text";
import type { RunningUpload } from "../store/uploads-store";

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

/** The state of several uploads together: one that needs the person comes first, then one that moves. */
export type TrayState = "needsPerson" | "moving" | "paused" | "done" | "canceled";

export function trayStateOf(states: readonly UploaderState[]): TrayState {
  if (states.some(needsPerson)) return "needsPerson";
  const running = states.filter((state) => !hasEnded(state));
  if (running.length === 0) return endOf(states);
  return running.every((state) => isPaused(state) || isElsewhere(state)) ? "paused" : "moving";
}

function hasEnded(state: UploaderState): boolean {
  const { phase, adding } = state;
  if (phase === "idle") return adding === 0 && outstanding(state) === 0;
  return phase === "done" || phase === "aborted" || isDead(state);
}

function endOf(states: readonly UploaderState[]): TrayState {
  return states.some(({ phase, halted }) => phase === "done" || halted?.code === "finished") ? "done" : "canceled";
}

/** The share of all bytes that were sent, 0 … 1; ended uploads count as whole. */
export function ratioOf(states: readonly UploaderState[]): number {
  let [sent, planned] = [0, 0];
  for (const state of states) {
    const progress = progressOf(state);
    sent += state.phase === "done" ? progress.plannedBytes : progress.sentBytes;
    planned += progress.plannedBytes;
  }
  return planned === 0 ? 0 : Math.min(1, sent / planned);
}
