import { useSyncExternalStore } from "react";
import type { UploaderState } from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";
import { type RunningUpload, uploads } from "./uploads-store";

const none: readonly RunningUpload[] = [];
const nothing: ReadonlySet<number> = new Set();

/** All uploads of this page, oldest first. */
export function useUploads(): readonly RunningUpload[] {
  return useSyncExternalStore(uploads.subscribe, uploads.list, () => none);
}

/** Ids of the uploads whose panel is on the screen. */
export function useUploadsInSight(): ReadonlySet<number> {
  return useSyncExternalStore(uploads.subscribe, uploads.inSight, () => nothing);
}

export function useUploaderState(uploader: Uploader): UploaderState {
  return useSyncExternalStore(uploader.subscribe, uploader.getSnapshot, uploader.getSnapshot);
}
