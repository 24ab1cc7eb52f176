import { useSyncExternalStore } from "react";
import { withoutSystemFiles } from "@/lib/uploader/browser/system-files";
import type { WalkBatch } from "@/lib/uploader/browser/walk";

const storageKey = "atoll-keep-system-files";

/** The choice of this page, where the browser stores nothing. */
let unstored = false;
const listeners = new Set<() => void>();

/** Whether files that systems put beside people's files are uploaded, too: the choice is remembered by this browser. */
export function keepsSystemFiles(): boolean {
  try {
    return localStorage.getItem(storageKey) === "yes";
  } catch {
    return unstored; // The person has forbidden sites to store anything.
  }
}

export function setKeepsSystemFiles(keeps: boolean): void {
  unstored = keeps;
  try {
    if (keeps) localStorage.setItem(storageKey, "yes");
    else localStorage.removeItem(storageKey);
  } catch {
    // Remembered until the page is left.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab changed it.
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function useKeepsSystemFiles(): boolean {
  return useSyncExternalStore(subscribe, keepsSystemFiles, () => false);
}

/** Leaves out the files of systems, unless this browser keeps them. The choice counts for files added from now on. */
export function asChosen(batches: AsyncIterable<WalkBatch>): AsyncIterable<WalkBatch> {
  return keepsSystemFiles() ? batches : withoutSystemFiles(batches);
}
