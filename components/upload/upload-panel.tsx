"use client";

import { type ReactNode, useRef } from "react";
import { useKeptFocus } from "@/components/ui/use-kept-focus";
import { DropZone } from "./drop/drop-zone";
import { UploadProgress } from "./progress/upload-progress";
import { addFiles } from "./store/begin-upload";
import { type UploadTarget, uploads } from "./store/uploads-store";
import { useUploads } from "./store/use-uploads";

type UploadPanelProps = {
  collection: UploadTarget;
  /** A drawing for an empty collection, which makes the drop zone large. */
  art?: ReactNode;
};

/** The drop zone of a collection and its uploads. */
export function UploadPanel({ collection, art }: UploadPanelProps) {
  const panel = useRef<HTMLElement>(null);
  const running = useUploads().filter((upload) => upload.collection.slug === collection.slug);
  useKeptFocus(panel);
  return (
    <section ref={panel} tabIndex={-1} aria-label="Upload" className="mb-8 grid gap-4 outline-none">
      <DropZone
        onFiles={(found) => addFiles(collection, found)}
        {...(art !== undefined && running.length === 0 && { art })}
      />
      {running.toReversed().map((upload) => (
        <UploadProgress key={upload.id} upload={upload} onClose={() => uploads.dismiss(upload.id)} />
      ))}
    </section>
  );
}
