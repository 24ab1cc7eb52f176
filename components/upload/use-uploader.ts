import { useState, useSyncExternalStore } from "react";
import { createUploader, type Uploader } from "@/lib/upload/client/engine";
import { attachToPage } from "@/lib/upload/client/page";
import { postByXhr } from "@/lib/upload/client/post-xhr";
import { takesFiles, type UploaderState } from "@/lib/upload/client/state";
import type { WalkBatch } from "@/lib/upload/client/walk";
import { type OpenUpload, siteServer } from "./server-port";

/**
 * Uploads under way, by collection. They outlive the panel: whoever opens a picture and comes back finds the upload
 * running. Filled in the browser alone, as files come only there.
 */
const underWay = new Map<string, Uploader>();

export type UseUploader = {
  state: UploaderState;
  uploader: Uploader;
  /** Adds to the upload, or begins the next one where this one is past taking files. */
  add: (batches: AsyncIterable<WalkBatch>) => void;
  /** Puts an ended upload away. */
  clear: () => void;
};

export function useUploader(collectionSlug: string, openUpload: OpenUpload): UseUploader {
  const create = () => createUploader({ server: siteServer(collectionSlug, openUpload), transport: postByXhr });
  const [uploader, setUploader] = useState(() => underWay.get(collectionSlug) ?? create());
  const state = useSyncExternalStore(uploader.subscribe, uploader.getSnapshot, uploader.getSnapshot);
  const begin = (): Uploader => {
    const next = takesFiles(uploader.getSnapshot()) ? uploader : create();
    if (underWay.get(collectionSlug) !== next) {
      underWay.set(collectionSlug, next);
      attachToPage(next);
    }
    setUploader(next);
    return next;
  };
  return {
    state,
    uploader,
    add: (batches) => void begin().add(batches),
    clear: () => {
      underWay.delete(collectionSlug);
      uploader.dispose();
      setUploader(create());
    },
  };
}
