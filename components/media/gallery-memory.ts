import type { GalleryState } from "./gallery-state";

/**
 * What was loaded of a gallery, kept while the person looks at one picture: coming back finds the same rows, so that the
 * browser can put the scroll where it was. Lives as long as the page; one collection at a time.
 */
type Memory = { slug: string; state: GalleryState; openedId: string | null };
let memory: Memory | null = null;

export function rememberGallery(slug: string, state: GalleryState): void {
  memory = { slug, state, openedId: memory?.slug === slug ? memory.openedId : null };
}

export function recallGallery(slug: string): Memory | null {
  return memory?.slug === slug ? memory : null;
}

/** The picture one is at: on the way back, its tile gets the focus. */
export function rememberOpened(slug: string, mediaId: string): void {
  if (memory?.slug === slug) memory = { ...memory, openedId: mediaId };
}

export function forgetOpened(): void {
  if (memory) memory = { ...memory, openedId: null };
}
