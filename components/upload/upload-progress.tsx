import { Check, CircleSlash, CloudUpload } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { formatCount } from "@/components/ui/format";
import { Notice } from "@/components/ui/notice";
import { Progress } from "@/components/ui/progress";
import type { Uploader } from "@/lib/upload/client/engine";
import { problemsOf } from "@/lib/upload/client/problems";
import { progressOf } from "@/lib/upload/client/progress";
import { awaitsDecision, takesFiles, type UploaderState } from "@/lib/upload/client/state";
import { wordsOf } from "@/lib/upload/client/words";
import { FileList } from "./file-list";
import { ProblemList } from "./problem-list";
import { headline, progressText, waitingText } from "./upload-text";

type UploadProgressProps = { state: UploaderState; uploader: Uploader; onClear: () => void };

/** One upload, from the first file found to the last one verified. */
export function UploadProgress({ state, uploader, onClear }: UploadProgressProps) {
  const [listed, setListed] = useState(false);
  const groups = problemsOf(state.files);
  const Icon = state.phase === "done" ? Check : state.phase === "aborted" ? CircleSlash : CloudUpload;
  return (
    <Card className="grid gap-4 p-5">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <Icon aria-hidden className={cn("mt-0.5 size-5 shrink-0", state.phase === "done" ? "text-ok" : "text-muted")} />
        <div className="min-w-0 flex-1 basis-48">
          <h2 className="font-semibold tabular-nums">{headline(state)}</h2>
          {/* Holds its line before there is anything to say: nothing jumps. */}
          <p className="min-h-5 text-muted text-sm tabular-nums">{progressText(state)}</p>
        </div>
        <Actions state={state} uploader={uploader} onClear={onClear} />
      </div>
      <Bar state={state} />
      <Trouble state={state} uploader={uploader} />
      {groups.length > 0 && (
        <ProblemList
          groups={groups}
          mayRetry={state.phase === "uploading"}
          onRetry={(fileId) => uploader.retryFile(fileId)}
        />
      )}
      <Missing state={state} />
      <Rejected state={state} />
      {state.files.size > 0 && (
        <div className="grid gap-2">
          <Button
            variant="ghost"
            size="sm"
            className="-ml-3 justify-self-start text-muted"
            aria-expanded={listed}
            onClick={() => setListed(!listed)}
          >
            {listed ? "Hide files" : "Show files"}
          </Button>
          {listed && <FileList files={state.files} onCancel={takesFiles(state) ? uploader.cancelFile : null} />}
        </div>
      )}
    </Card>
  );
}

function Bar({ state }: { state: UploaderState }) {
  if (state.phase === "done") return <Progress value={1} tone="ok" label="Upload" />;
  const quiet = state.phase === "aborted" || (state.phase === "idle" && state.adding === 0);
  if (quiet) return null;
  const sending = state.phase === "uploading";
  const tone = awaitsDecision(state) ? "danger" : "accent";
  return <Progress value={sending ? progressOf(state).ratio : null} tone={tone} label="Upload" />;
}

function Actions({ state, uploader, onClear }: UploadProgressProps) {
  const { phase, counts } = state;
  if (phase === "done" || phase === "aborted" || (phase === "idle" && state.adding === 0))
    return (
      <Button size="sm" onClick={onClear}>
        Close
      </Button>
    );
  if (!takesFiles(state)) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {awaitsDecision(state) && (
        <>
          <Button size="sm" variant="primary" onClick={uploader.retryFailed}>
            Retry all failed
          </Button>
          {counts.done > 0 && (
            <Button size="sm" onClick={uploader.finish}>
              Finish without them
            </Button>
          )}
        </>
      )}
      <Button size="sm" onClick={uploader.cancelAll}>
        Cancel upload
      </Button>
    </div>
  );
}

/** What keeps the upload as a whole from going on. */
function Trouble({ state, uploader }: { state: UploaderState; uploader: Uploader }) {
  const waiting = waitingText(state);
  if (state.halted) {
    const { title, advice } = wordsOf(state.halted);
    const calm = state.halted.code === "slow-check";
    const again = (
      <Button size="sm" onClick={uploader.tryAgain}>
        {calm ? "Look again" : "Try again"}
      </Button>
    );
    return (
      <Notice tone={calm ? "info" : "danger"} title={title} actions={again}>
        {advice}
      </Notice>
    );
  }
  return waiting && <Notice tone="warn">{waiting}</Notice>;
}

/** The server counts what it found: files that went out and are not there would be said here. */
function Missing({ state }: { state: UploaderState }) {
  const missing = state.phase === "done" && state.status ? state.counts.done - state.status.files.total : 0;
  if (missing <= 0) return null;
  return (
    <Notice tone="danger" title={`${formatCount(missing, "file")} did not arrive`}>
      The others are safe. Drop the same folder again.
    </Notice>
  );
}

/** Said by the server after it looked at the bytes. */
function Rejected({ state }: { state: UploaderState }) {
  const { status } = state;
  if (!status || status.files.rejected === 0) return null;
  return (
    <Notice tone="warn" title={`${status.files.rejected.toLocaleString("en")} not shown`}>
      <ul className="mt-1 grid max-h-60 gap-1 overflow-y-auto">
        {status.rejected.map(({ path, reason }) => (
          <li key={path} className="[content-visibility:auto]">
            <bdi className="text-ink">{path}</bdi> {reason}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
