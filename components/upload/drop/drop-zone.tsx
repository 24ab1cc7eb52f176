import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import { uploadPolicy } from "@/lib/upload/policy";
import { type Found, foundInDrop, foundInPaste } from "./found-files";
import { Pickers } from "./pickers";
import { SystemFilesSwitch } from "./system-files-switch";
import { usePageDrop } from "./use-page-drop";
import { usePagePaste } from "./use-page-paste";

type DropZoneProps = {
  onFiles: (found: Found) => void;
  /** A drawing for an empty collection, which makes the drop zone large. */
  art?: ReactNode;
};

const maxTib = uploadPolicy.maxFileBytes / 1024 ** 4;

/** Takes files that are dropped or pasted anywhere on the page, or chosen by buttons. */
export function DropZone({ onFiles, art }: DropZoneProps) {
  const take = (found: Found | null) => {
    if (found) onFiles(found);
  };
  const dragging = usePageDrop((transfer) => take(foundInDrop(transfer)));
  usePagePaste((transfer) => take(foundInPaste(transfer, new Date())));
  return (
    <div
      className={cn(
        "flex rounded-2xl border border-dashed transition-colors duration-150",
        art
          ? "flex-col items-center gap-5 px-4 py-14 text-center"
          : "flex-wrap items-center gap-x-6 gap-y-4 px-5 py-4 sm:flex-nowrap",
        dragging ? "border-accent bg-accent-soft" : "border-line bg-surface",
      )}
    >
      {art && <div aria-hidden>{art}</div>}
      <div className={cn("min-w-0", !art && "flex-1 basis-64")}>
        <p className={cn("font-semibold", art && "text-xl")}>
          {dragging ? (
            "Drop to upload"
          ) : (
            <>
              <span className="pointer-coarse:hidden">{art ? "Drop a folder here" : "Drop files or folders here"}</span>
              <span className="hidden pointer-coarse:inline">Add photographs</span>
            </>
          )}
        </p>
        <p className={cn("text-muted text-sm", art && "mt-2 max-w-md leading-relaxed")}>
          Photographs, or any other files up to {maxTib} TiB. Folders are kept
          <span className="pointer-coarse:hidden">; you can paste files, too</span>.
        </p>
        <SystemFilesSwitch className={cn("text-left text-muted text-sm", art ? "mt-3" : "mt-2.5")} />
      </div>
      <Pickers onFiles={onFiles} large={art !== undefined} />
    </div>
  );
}
