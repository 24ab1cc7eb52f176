import { Info, Pause, Play, RotateCw, X } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatBytes } from "@/components/ui/format";
import { isPausable, type UploadFile } from "@/lib/uploader/state/file";
import { messageOfNote } from "@/lib/uploader/state/notes";
import type { Uploader } from "@/lib/uploader/uploader";
import { fileLooks, mayCancel, shareSent } from "./file-looks";
import { FilePath } from "./file-path";

export const rowPixels = 48;

export type RowActions = Pick<Uploader, "cancelFile" | "pauseFile" | "unpauseFile" | "retryFile">;

/** `actions` null: files can no longer be changed. */
type FileRowProps = { file: UploadFile; count: number; actions: RowActions | null };

/** One line; redrawn only when its file changes. */
export const FileRow = memo(function FileRow({ file, count, actions }: FileRowProps) {
  const { icon: Icon, tone, label, shown: labelShown } = fileLooks[file.state];
  const share = shareSent(file);
  const percent = share === null ? null : Math.floor(share * 100);
  const shown =
    percent !== null && file.state !== "paused" && file.state !== "waiting" ? `${percent} %` : labelShown && label;
  return (
    <li
      aria-setsize={count}
      aria-posinset={file.id + 1}
      className="absolute inset-x-0 flex items-center gap-3 pr-2 pl-4 text-sm"
      style={{ height: rowPixels, top: file.id * rowPixels }}
    >
      <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
      <FilePath path={file.path} />
      {file.note && (
        <span title={noteText(file.note)} className="shrink-0">
          <Info aria-hidden className="size-3.5 text-muted" />
          <span className="sr-only">{noteText(file.note)}</span>
        </span>
      )}
      <span className="ml-auto flex shrink-0 items-center gap-3 text-muted text-xs tabular-nums">
        {shown === label ? <span>{label}</span> : <span className="sr-only">{label}</span>}
        {shown && shown !== label && <span className="min-w-9 text-right text-ink">{shown}</span>}
        <span className={cn("min-w-14 text-right", shown && "max-sm:hidden")}>{formatBytes(file.sizeBytes)}</span>
      </span>
      {actions && <RowButtons file={file} actions={actions} />}
      {share !== null && (
        <span aria-hidden className="absolute inset-x-4 bottom-0 h-0.5 overflow-hidden rounded-full bg-raised">
          <span
            className={cn("block h-full", file.state === "paused" ? "bg-field" : "bg-accent")}
            // A transform is composited: it costs no layout however often it moves.
            style={{ transform: `translateX(${(share - 1) * 100}%)` }}
          />
        </span>
      )}
    </li>
  );
});

function noteText(note: NonNullable<UploadFile["note"]>): string {
  const { title, advice } = messageOfNote(note);
  return `${title} ${advice}`;
}

function RowButtons({ file, actions }: { file: UploadFile; actions: RowActions }) {
  const { id, path, state } = file;
  return (
    // The same width with one button and with two, so that the sizes stay in their column.
    <span className="flex w-16 shrink-0 justify-end">
      {isPausable(file) && (
        <RowButton label={`Pause ${path}`} onClick={() => actions.pauseFile(id)}>
          <Pause aria-hidden />
        </RowButton>
      )}
      {state === "paused" && (
        <RowButton label={`Resume ${path}`} onClick={() => actions.unpauseFile(id)}>
          <Play aria-hidden />
        </RowButton>
      )}
      {state === "failed" && (
        <RowButton label={`Retry ${path}`} onClick={() => actions.retryFile(id)}>
          <RotateCw aria-hidden />
        </RowButton>
      )}
      {mayCancel(file) && (
        <RowButton label={`Cancel ${path}`} onClick={() => actions.cancelFile(id)}>
          <X aria-hidden />
        </RowButton>
      )}
    </span>
  );
}

type RowButtonProps = { label: string; onClick: () => void; children: ReactNode };

function RowButton({ label, onClick, children }: RowButtonProps) {
  return (
    <Button variant="ghost" size="icon-sm" className="text-muted hover:text-ink" aria-label={label} onClick={onClick}>
      {children}
    </Button>
  );
}
