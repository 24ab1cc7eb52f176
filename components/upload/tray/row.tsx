import { Pause, Play, X } from "lucide-react";
import Link from "next/link";
import { useRef } from "react";
import { Button } from "@/components/ui/button";
import { useKeptFocus } from "@/components/ui/use-kept-focus";
import { routes } from "@/lib/routes";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import { isDead, isElsewhere, outstanding, takesFiles } from "@/lib/uploader/state/state";
import { CancelUpload } from "../progress/cancel-upload";
import { UploadBar } from "../progress/upload-bar";
import { arrivedFiles, awaitsFiles, headline, needsPerson, progressText, waitingText } from "../progress/upload-text";
import { type RunningUpload, uploads } from "../store/uploads-store";
import { useUploaderState } from "../store/use-uploads";

type TrayRowProps = { upload: RunningUpload; onLeave: () => void };

/** One upload in the tray: its collection with a link, and its progress. */
export function TrayRow({ upload, onLeave }: TrayRowProps) {
  const { collection, uploader, id } = upload;
  const state = useUploaderState(uploader);
  const row = useRef<HTMLLIElement>(null);
  const link = useRef<HTMLAnchorElement>(null);
  useKeptFocus(row, link);
  const running = takesFiles(state) && !(state.phase === "idle" && state.adding === 0 && outstanding(state) === 0);
  const dead = isDead(state);
  const cancelable = running && !dead && !awaitsFiles(state) && !isElsewhere(state);
  const closable = dead || (!cancelable && state.phase !== "sealing" && state.phase !== "verifying");
  const Icon = state.paused ? Play : Pause;
  return (
    <li ref={row} className="grid grid-cols-[minmax(0,1fr)] gap-2 px-4 py-3 text-sm">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <Link
            ref={link}
            href={routes.collection(collection.slug)}
            onClick={onLeave}
            className="block truncate rounded-sm font-medium hover:underline"
          >
            {collection.name}
          </Link>
          <p className={needsPerson(state) ? "text-warn" : "text-ink"}>{headline(state)}</p>
          <p className="min-h-4 text-muted text-xs tabular-nums">
            {state.halted ? messageOf(state.halted).title : (waitingText(state) ?? progressText(state))}
          </p>
        </div>
        {cancelable && outstanding(state) > 0 && !state.halted && (
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={`${state.paused ? "Resume" : "Pause"} the upload to ${collection.name}`}
            onClick={state.paused ? uploader.unpause : uploader.pause}
          >
            <Icon aria-hidden />
          </Button>
        )}
        {cancelable && (
          <CancelUpload arrived={arrivedFiles(state)} onCancel={uploader.cancelAll}>
            <Button variant="ghost" size="icon-sm" aria-label={`Cancel the upload to ${collection.name}`}>
              <X aria-hidden />
            </Button>
          </CancelUpload>
        )}
        {closable && (
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={`Close the upload to ${collection.name}`}
            onClick={() => uploads.dismiss(id)}
          >
            <X aria-hidden />
          </Button>
        )}
      </div>
      <UploadBar state={state} label={`Upload to ${collection.name}`} />
    </li>
  );
}
