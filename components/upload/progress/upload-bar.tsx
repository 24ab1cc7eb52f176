import { Progress } from "@/components/ui/progress";
import { awaitsDecision, isDead, isElsewhere, outstanding, type UploaderState } from "@/lib/uploader/state/state";
import { progressOf } from "@/lib/uploader/steps/progress";
import { awaitsFiles, isPaused } from "./upload-text";

/** The progress of an upload; nothing where there is none to show. */
export function UploadBar({ state, label }: { state: UploaderState; label: string }) {
  if (state.phase === "done") return <Progress value={1} tone="ok" label={label} />;
  const quiet = state.phase === "aborted" || (state.phase === "idle" && state.adding === 0 && outstanding(state) === 0);
  if (quiet || isDead(state) || isElsewhere(state) || awaitsFiles(state)) return null;
  const sending = state.phase === "uploading";
  const tone = awaitsDecision(state) ? "danger" : isPaused(state) ? "quiet" : "accent";
  return <Progress value={sending ? progressOf(state).ratio : null} tone={tone} label={label} />;
}
