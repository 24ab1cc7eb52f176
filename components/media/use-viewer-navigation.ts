import { useRouter } from "next/navigation";
import { type TouchEvent, useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import type { MediaDetail } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { recallGallery, rememberOpened } from "./gallery-memory";

const swipePixels = 60;

/** The ways to move between pictures besides links: arrow keys, Escape, a swipe. */
export function useViewerNavigation(slug: string, media: MediaDetail, onInfo: () => void) {
  const router = useRouter();
  const touchStart = useRef<{ x: number; y: number } | null>(null);
  // Opened from a tile: the gallery is the entry before this one, and going back keeps its scroll.
  const fromGallery = () => recallGallery(slug)?.openedId != null;

  useEffect(() => {
    if (fromGallery()) rememberOpened(slug, media.id);
  });

  function go(mediaId: string | null) {
    // In place of this picture: back leads to the gallery, not through all pictures seen.
    if (mediaId) router.replace(routes.media(slug, mediaId), { scroll: false });
  }
  /** Whether the gallery was there to go back to. */
  function backToGallery(): boolean {
    const there = fromGallery();
    if (there) router.back();
    return there;
  }

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "ArrowLeft") go(media.previousId);
    else if (event.key === "ArrowRight") go(media.nextId);
    else if (event.key === "Escape") backToGallery() || router.push(routes.collection(slug));
    else if (event.key === "i") onInfo();
  });
  // Before the picture is painted: whoever sees it can go on.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);

  const touch = {
    onTouchStart: ({ touches }: TouchEvent) => {
      const finger = touches[0];
      touchStart.current = finger && touches.length === 1 ? { x: finger.clientX, y: finger.clientY } : null;
    },
    onTouchEnd: ({ changedTouches }: TouchEvent) => {
      const finger = changedTouches[0];
      const start = touchStart.current;
      touchStart.current = null;
      // A zoomed page is being moved, not turned.
      if (!finger || !start || (window.visualViewport?.scale ?? 1) > 1) return;
      const across = finger.clientX - start.x;
      if (Math.abs(across) < swipePixels || Math.abs(across) < 2 * Math.abs(finger.clientY - start.y)) return;
      go(across > 0 ? media.previousId : media.nextId);
    },
  };
  return { backToGallery, touch };
}

/** Fetches the neighbours' pictures once this one is there. */
export function preloadNeighbours({ previousId, nextId, urls }: MediaDetail): void {
  const variant = urls.preview ? "preview" : "thumb";
  for (const id of [nextId, previousId]) {
    if (id) new Image().src = routes.api.mediaVariant(id, variant);
  }
}
