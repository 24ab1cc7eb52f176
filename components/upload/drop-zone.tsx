import { FilePlus2, FolderPlus } from "lucide-react";
import { type ChangeEvent, type ReactNode, useRef } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { takeDropped, type WalkBatch, walkEntries, walkFiles } from "@/lib/upload/client/walk";
import { uploadPolicy } from "@/lib/upload/policy";
import { usePageDrop } from "./use-page-drop";

type DropZoneProps = {
  onFiles: (batches: AsyncIterable<WalkBatch>) => void;
  /** Nothing is taken while an upload is being finished. */
  disabled: boolean;
  /** Large, with a drawing, where there is nothing else on the page. */
  art?: ReactNode;
};

const maxMib = uploadPolicy.maxFileBytes / (1024 * 1024);

async function* both(first: AsyncIterable<WalkBatch>, second: AsyncIterable<WalkBatch>) {
  yield* first;
  yield* second;
}

/** Files come in by dropping them anywhere on the page, or by two ordinary buttons. */
export function DropZone({ onFiles, disabled, art }: DropZoneProps) {
  const over = usePageDrop(!disabled, (transfer) => {
    const { entries, files } = takeDropped(transfer);
    if (entries.length + files.length > 0) onFiles(both(walkEntries(entries), walkFiles(files)));
  });
  return (
    <div
      className={cn(
        "flex rounded-2xl border border-dashed transition-colors duration-150",
        art
          ? "flex-col items-center gap-5 px-4 py-14 text-center"
          : "flex-wrap items-center gap-x-6 gap-y-4 px-5 py-4 sm:flex-nowrap",
        over ? "border-accent bg-accent-soft" : "border-line bg-surface",
      )}
    >
      {art && <div aria-hidden>{art}</div>}
      <div className={cn("min-w-0", !art && "flex-1 basis-64")}>
        <p className={cn("font-semibold", art && "text-xl")}>
          {over ? "Let go to upload" : art ? "Drop a folder here" : "Drop files or folders here"}
        </p>
        <p className={cn("text-muted text-sm", art && "mt-2 max-w-md leading-relaxed")}>
          Photographs, or any other files up to {maxMib} MiB. Folders are kept.
        </p>
      </div>
      <div className={cn("flex flex-wrap gap-2", !art && "w-full sm:w-auto [&>button]:flex-1")}>
        <Picker folder={false} disabled={disabled} primary={art !== undefined} onFiles={onFiles} />
        <Picker folder disabled={disabled} primary={false} onFiles={onFiles} />
      </div>
    </div>
  );
}

type PickerProps = Pick<DropZoneProps, "onFiles" | "disabled"> & { folder: boolean; primary: boolean };

function Picker({ folder, primary, disabled, onFiles }: PickerProps) {
  const input = useRef<HTMLInputElement>(null);
  const change = (event: ChangeEvent<HTMLInputElement>) => {
    // A copy: emptying the input, so that the same files can be chosen again, empties its list.
    const files = Array.from(event.target.files ?? []);
    event.target.value = "";
    if (files.length > 0) onFiles(walkFiles(files));
  };
  const Icon = folder ? FolderPlus : FilePlus2;
  return (
    <>
      <Button variant={primary ? "primary" : "secondary"} disabled={disabled} onClick={() => input.current?.click()}>
        <Icon aria-hidden />
        {folder ? "Choose folder" : "Choose files"}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={folder ? "Folder to upload" : "Files to upload"}
        onChange={change}
        {...(folder && { webkitdirectory: "" })}
      />
    </>
  );
}
