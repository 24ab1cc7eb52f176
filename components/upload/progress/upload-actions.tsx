import { Pause, Play } from "lucide-react";
import { Button } from "@/components/ui/button";
import {
  awaitsDecision,
  isDead,
  isElsewhere,
  outstanding,
  takesFiles,
  type UploaderState,
} from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";
import { CancelUpload } from "./cancel-upload";
import { arrivedFiles, awaitsFiles } from "./upload-text";

type UploadActionsProps = { state: UploaderState; uploader: Uploader; onClose: () => void };

/** What can be done to an upload as a whole. */
export function UploadActions({ state, uploader, onClose }: UploadActionsProps) {
  const { phase } = state;
  const ended =
    isDead(state) ||
    phase === "done" ||
    phase === "aborted" ||
    (phase === "idle" && state.adding === 0 && outstanding(state) === 0);
  // One that waits for its files, or for another tab, is closed here but stays open on the server.
  const later = awaitsFiles(state) || isElsewhere(state);
  if (ended || later)
    return (
      <Button size="sm" onClick={onClose}>
        {ended ? "Close" : "Not now"}
      </Button>
    );
  if (!takesFiles(state)) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {awaitsDecision(state) && (
        <>
          {state.counts.failed > 0 && (
            <Button size="sm" variant="primary" onClick={uploader.retryFailed}>
              Retry all failed
            </Button>
          )}
          {(arrivedFiles(state) > 0 || state.resumed) && (
            <Button size="sm" onClick={uploader.finish}>
              Finish without them
            </Button>
          )}
          {state.resumed && (
            <Button size="sm" onClick={onClose}>
              Not now
            </Button>
          )}
        </>
      )}
      {outstanding(state) > 0 && !state.halted && <PauseButton state={state} uploader={uploader} />}
      <CancelUpload arrived={arrivedFiles(state)} onCancel={uploader.cancelAll}>
        <Button size="sm">Cancel upload</Button>
      </CancelUpload>
    </div>
  );
}

/** One button for both, so that it keeps the focus. */
function PauseButton({ state, uploader }: Omit<UploadActionsProps, "onClose">) {
  const Icon = state.paused ? Play : Pause;
  return (
    <Button
      size="sm"
      variant={state.paused ? "primary" : "secondary"}
      onClick={state.paused ? uploader.unpause : uploader.pause}
    >
      <Icon aria-hidden />
      {state.paused ? "Resume" : "Pause"}
    </Button>
  );
}
