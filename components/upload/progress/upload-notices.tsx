import { Info } from "lucide-react";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/components/ui/format";
import { Notice } from "@/components/ui/message/notice";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import { messageOfNote } from "@/lib/uploader/state/notes";
import { isFinal, type UploaderState } from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";
import type { FilesTally } from "./tally";
import { awaitsFiles, isHarmlessHalt, waitingText } from "./upload-text";

/** Why the whole upload waits or stopped. */
export function Trouble({ state, uploader }: { state: UploaderState; uploader: Uploader }) {
  const waiting = waitingText(state);
  if (state.halted) {
    const { title, advice } = messageOf(state.halted);
    const harmless = isHarmlessHalt(state);
    const again = !isFinal(state.halted) && (
      <Button size="sm" onClick={uploader.tryAgain}>
        {harmless ? "Check again" : "Try again"}
      </Button>
    );
    return (
      <Notice tone={harmless ? "info" : "danger"} title={title} actions={again}>
        {advice}
      </Notice>
    );
  }
  if (awaitsFiles(state))
    return (
      <Notice title="Add the same folder or files again">
        Drop or choose them. Only what is missing or has changed is sent.
      </Notice>
    );
  return waiting && <Notice tone="warn">{waiting}</Notice>;
}

/** Files that were sent and that the server did not find. */
export function Missing({ state }: { state: UploaderState }) {
  const missing = state.phase === "done" && state.status ? state.counts.done - state.status.files.total : 0;
  if (missing <= 0) return null;
  return (
    <Notice tone="danger" title={`${formatCount(missing, "file")} did not arrive`}>
      The others are safe. Add the same folder again.
    </Notice>
  );
}

/** Files the server rejected after it examined their bytes. */
export function Rejected({ state }: { state: UploaderState }) {
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

/** Notes on files that get no preview. */
export function Notes({ notes }: Pick<FilesTally, "notes">) {
  if (notes.length === 0) return null;
  return (
    <ul className="grid gap-1.5 text-muted text-sm">
      {notes.map(({ note, count }) => {
        const { title, advice } = messageOfNote(note);
        return (
          <li key={note} className="flex gap-2">
            <Info aria-hidden className="mt-0.5 size-4 shrink-0" />
            <span>
              <span className="whitespace-nowrap font-medium text-ink">{formatCount(count, "file")}:</span> {title}{" "}
              {advice}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
