import { type UIEvent, useRef, useState } from "react";
import { useKeptFocus } from "@/components/ui/use-kept-focus";
import type { UploadFile } from "@/lib/uploader/state/file";
import { itemAt, type Vector } from "@/lib/uploader/state/vector";
import { FileRow, type RowActions, rowPixels } from "./file-row";

const rowsShown = 7;
/** Rows rendered beyond both edges, so that quick scrolling shows no gaps. */
const rowsAround = 6;

type FileListProps = { files: Vector<UploadFile>; actions: RowActions | null };

/** All files of an upload. Only visible rows are rendered: 50,000 files cost as much as 20. */
export function FileList({ files, actions }: FileListProps) {
  const [top, setTop] = useState(0);
  const list = useRef<HTMLElement>(null);
  useKeptFocus(list);
  const height = Math.min(files.size, rowsShown) * rowPixels;
  const first = Math.max(0, Math.floor(top / rowPixels) - rowsAround);
  const end = Math.min(files.size, first + rowsShown + 2 * rowsAround + 1);
  const rows = Array.from({ length: Math.max(0, end - first) }, (_, index) => itemAt(files, first + index));
  return (
    <section
      ref={list}
      aria-label="Files of this upload"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
      tabIndex={0}
      className="overflow-y-auto overscroll-contain rounded-xl border border-line"
      style={{ height: height + 2 }}
      onScroll={(event: UIEvent<HTMLElement>) => setTop(event.currentTarget.scrollTop)}
    >
      <ul className="relative" style={{ height: files.size * rowPixels }}>
        {rows.map((file) => (
          <FileRow key={file.id} file={file} count={files.size} actions={actions} />
        ))}
      </ul>
    </section>
  );
}
