import type { GalleryState } from "./state";

/**
 * The loaded pages of one gallery, kept while a picture is open. Coming back renders the same rows, so that the browser can
 * restore the scroll position. Lost on a full page load.
 */
type Memory = { slug: string; state: GalleryState; openedId: string | null };
let memory: Memory | null = null;

export function rememberGallery(slug: string, state: GalleryState): void {
  memory = { slug, state, openedId: memory?.slug === slug ? memory.openedId : null };
}

export function recallGallery(slug: string): Memory | null {
  return memory?.slug === slug ? memory : null;
}

/** Stores which picture is open. Its tile gets the focus when the gallery is shown again. */
export function rememberOpened(slug: string, mediaId: string): void {
  if (memory?.slug === slug) memory = { ...memory, openedId: mediaId };
}

export function forgetOpened(): void {
  if (memory) memory = { ...memory, openedId: null };
}
