import { Check, CircleAlert, CircleSlash, Clock, Minus, X } from "lucide-react";
import { memo } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatBytes } from "@/components/ui/format";
import { Spinner } from "@/components/ui/spinner";
import type { FileState, UploadFile } from "@/lib/upload/client/state";

export const rowPixels = 48;

const looks: Record<FileState, { icon: typeof Check | typeof Spinner; tone: string; word: string }> = {
  queued: { icon: Minus, tone: "text-muted", word: "Queued" },
  posting: { icon: Spinner, tone: "text-accent", word: "Uploading" },
  checking: { icon: Spinner, tone: "text-accent", word: "Uploading" },
  waiting: { icon: Clock, tone: "text-warn", word: "Trying again" },
  done: { icon: Check, tone: "text-ok", word: "Uploaded" },
  failed: { icon: CircleAlert, tone: "text-danger", word: "Failed" },
  refused: { icon: CircleAlert, tone: "text-warn", word: "Left out" },
  canceled: { icon: CircleSlash, tone: "text-muted", word: "Canceled" },
};

type FileRowProps = { file: UploadFile; count: number; onCancel: ((fileId: number) => void) | null };

/** One line; redrawn only when its file changes. */
export const FileRow = memo(function FileRow({ file, count, onCancel }: FileRowProps) {
  const { icon: Icon, tone, word } = looks[file.state];
  const percent =
    file.state === "posting" && file.sizeBytes > 0 ? Math.floor((file.sentBytes / file.sizeBytes) * 100) : null;
  const mayCancel = file.state === "queued" || file.state === "posting" || file.state === "waiting";
  return (
    <li
      aria-setsize={count}
      aria-posinset={file.id + 1}
      className="absolute inset-x-0 flex items-center gap-3 px-4 text-sm"
      style={{ height: rowPixels, top: file.id * rowPixels }}
    >
      <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
      <FilePath path={file.path} />
      <span className="ml-auto shrink-0 text-muted text-xs tabular-nums">
        <span className="sr-only">{word}, </span>
        {percent !== null && percent > 0 ? `${percent} % of ` : ""}
        {formatBytes(file.sizeBytes)}
      </span>
      {onCancel && mayCancel && (
        <Button
          variant="ghost"
          size="icon-sm"
          className="-mr-2"
          aria-label={`Cancel ${file.path}`}
          onClick={() => onCancel(file.id)}
        >
          <X aria-hidden />
        </Button>
      )}
      {/* Where the button was: the sizes stay in their column. */}
      {onCancel && !mayCancel && <span className="-mr-2 w-8 shrink-0" />}
    </li>
  );
});

const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The name stays whole as long as it can, the folders give way; each keeps its own writing direction. */
export function FilePath({ path: given }: { path: string }) {
  // A refused name must not be able to look like another one.
  const path = given.replaceAll(unprintable, "\ufffd");
  const slash = path.lastIndexOf("/") + 1;
  return (
    <span className="flex min-w-0" title={path}>
      {slash > 0 && (
        <span className="min-w-0 shrink-[4] truncate whitespace-pre text-muted">
          <bdi>{path.slice(0, slash)}</bdi>
        </span>
      )}
      <span className="min-w-[4ch] truncate whitespace-pre">
        <bdi>{path.slice(slash) || "(no name)"}</bdi>
      </span>
    </span>
  );
}
