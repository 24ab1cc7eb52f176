"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useEffectEvent } from "react";
import { takesFiles } from "@/lib/upload/client/state";
import { DropZone } from "./drop-zone";
import type { OpenUpload } from "./server-port";
import { UploadProgress } from "./upload-progress";
import { announcement } from "./upload-text";
import { useUploader } from "./use-uploader";

type UploadPanelProps = {
  collectionSlug: string;
  /** `openUploadAction`. */
  openUpload: OpenUpload;
  /** A drawing makes the drop zone large: for a collection in which there is nothing yet. */
  art?: ReactNode;
};

/** Everything about uploading into a collection: where files come in, how they fare, what becomes of them. */
export function UploadPanel({ collectionSlug, openUpload, art }: UploadPanelProps) {
  const { state, uploader, add, clear } = useUploader(collectionSlug, openUpload);
  const router = useRouter();
  const refresh = useEffectEvent(() => router.refresh());
  const verified = state.phase === "done";
  const pending = state.status?.files.pending ?? 0;
  // What was verified is on the page at once, what was derived when it is ready.
  useEffect(() => {
    if (verified) refresh();
  }, [verified]);
  useEffect(() => {
    if (verified && pending === 0) refresh();
  }, [verified, pending]);
  const shown = state.files.size > 0 || state.adding > 0;
  const finishing = !takesFiles(state) && state.halted !== null && state.phase === "sealing";
  return (
    <section aria-label="Upload" className="mb-8 grid gap-4">
      <DropZone onFiles={add} disabled={finishing} {...(art !== undefined && !shown && { art })} />
      {shown && <UploadProgress state={state} uploader={uploader} onClear={clear} />}
      <p role="status" className="sr-only">
        {announcement(state)}
      </p>
    </section>
  );
}
