import { Check, CheckCheck, CircleSlash, CloudUpload, Pause } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { useKeptFocus } from "@/components/ui/use-kept-focus";
import { problemsOf } from "@/lib/uploader/state/problems";
import { awaitsDecision, isDead, takesFiles, type UploaderState } from "@/lib/uploader/state/state";
import { FileList } from "../files/file-list";
import { ProblemList } from "../files/problem-list";
import { type RunningUpload, uploads } from "../store/uploads-store";
import { useUploaderState } from "../store/use-uploads";
import { ConflictChoices } from "./conflict-choice";
import { tallyOf } from "./tally";
import { UploadActions } from "./upload-actions";
import { UploadBar } from "./upload-bar";
import { Missing, Notes, Rejected, Trouble } from "./upload-notices";
import { UploadSummary } from "./upload-summary";
import { headline, isPaused, progressText } from "./upload-text";

type UploadProgressProps = { upload: RunningUpload; onClose: () => void };

/** One upload, from the first file found to the last one verified. */
export function UploadProgress({ upload, onClose }: UploadProgressProps) {
  const { uploader } = upload;
  const state = useUploaderState(uploader);
  const [listed, setListed] = useState(false);
  const card = useRef<HTMLDivElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useKeptFocus(card, title);
  useSeen(card, upload.id);
  useRefresh(state);
  const retriable = state.phase === "uploading" && !isDead(state);
  const groups = problemsOf(state.files);
  const tally = tallyOf(state.files);
  return (
    <Card ref={card} className="grid gap-4 p-5">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <StateIcon state={state} />
        <div className="min-w-0 flex-1 basis-48">
          <h2 ref={title} tabIndex={-1} className="rounded-sm font-semibold tabular-nums">
            {headline(state)}
          </h2>
          {/* Keeps its height while empty, so that nothing jumps. */}
          <p className="min-h-5 text-muted text-sm tabular-nums">{progressText(state)}</p>
        </div>
        <UploadActions state={state} uploader={uploader} onClose={onClose} />
      </div>
      <UploadBar state={state} label="Upload" />
      {state.phase === "done" && <UploadSummary state={state} />}
      <Trouble state={state} uploader={uploader} />
      <ConflictChoices state={state} uploader={uploader} tally={tally} />
      {groups.length > 0 && (
        <ProblemList
          groups={groups}
          onRetry={retriable ? uploader.retryFile : null}
          // Once all files are settled, this action is on top.
          onRetryAll={retriable && !awaitsDecision(state) ? uploader.retryFailed : null}
        />
      )}
      <Missing state={state} />
      <Rejected state={state} />
      {state.phase !== "aborted" && <Notes notes={tally.notes} />}
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
          {listed && <FileList files={state.files} actions={takesFiles(state) && !isDead(state) ? uploader : null} />}
        </div>
      )}
    </Card>
  );
}

function StateIcon({ state }: { state: UploaderState }) {
  const allThere = state.counts.done === 0 && state.counts.present > 0;
  const done = state.phase === "done";
  const Icon = done
    ? allThere
      ? CheckCheck
      : Check
    : state.phase === "aborted"
      ? CircleSlash
      : isPaused(state)
        ? Pause
        : CloudUpload;
  return <Icon aria-hidden className={cn("mt-0.5 size-5 shrink-0", done ? "text-ok" : "text-muted")} />;
}

/** Reports whether the card is visible: the tray then does not show the same upload. */
function useSeen(card: React.RefObject<HTMLElement | null>, id: number): void {
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      const last = entries.at(-1);
      if (last) uploads.see(id, last.isIntersecting);
    });
    if (card.current) observer.observe(card.current);
    return () => {
      observer.disconnect();
      uploads.see(id, false);
    };
  }, [card, id]);
}

/** Refreshes the page when the files are verified, and again when their previews are ready. */
function useRefresh(state: UploaderState): void {
  const router = useRouter();
  const refresh = useEffectEvent(() => router.refresh());
  const verified = state.phase === "done";
  const pending = state.status?.files.pending ?? 0;
  useEffect(() => {
    if (verified) refresh();
  }, [verified]);
  useEffect(() => {
    if (verified && pending === 0) refresh();
  }, [verified, pending]);
}
