import { useRouter } from "next/navigation";
import { type TouchEvent, useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import type { MediaDetail } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { recallGallery, rememberOpened } from "../gallery/memory";

const swipePixels = 60;

/** Handles navigation between pictures by arrow keys, Escape and swipes. */
export function useViewerNavigation(slug: string, media: MediaDetail, onInfo: () => void) {
  const router = useRouter();
  const touchStart = useRef<{ x: number; y: number } | null>(null);
  // Opened from a tile: the gallery is the previous history entry, and going back restores its scroll position.
  const fromGallery = () => recallGallery(slug)?.openedId != null;

  useEffect(() => {
    if (fromGallery()) rememberOpened(slug, media.id);
  });

  function go(mediaId: string | null) {
    // Replaces the history entry: Back leads to the gallery, not through the pictures viewed.
    if (mediaId) router.replace(routes.media(slug, mediaId), { scroll: false });
  }
  /** Goes back to the gallery. Returns false when it is not the previous history entry. */
  function backToGallery(): boolean {
    if (!fromGallery()) return false;
    router.back();
    return true;
  }

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "ArrowLeft") go(media.previousId);
    else if (event.key === "ArrowRight") go(media.nextId);
    else if (event.key === "Escape") backToGallery() || router.push(routes.collection(slug));
    else if (event.key === "i") onInfo();
  });
  // A layout effect, so that keys work as soon as the picture is painted.
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
      // On a zoomed page a swipe scrolls.
      if (!finger || !start || (window.visualViewport?.scale ?? 1) > 1) return;
      const across = finger.clientX - start.x;
      if (Math.abs(across) < swipePixels || Math.abs(across) < 2 * Math.abs(finger.clientY - start.y)) return;
      go(across > 0 ? media.previousId : media.nextId);
    },
  };
  return { backToGallery, touch };
}

/** Preloads the previous and the next picture. */
export function preloadNeighbours({ previousId, nextId, urls }: MediaDetail): void {
  const variant = urls.preview ? "preview" : "thumb";
  for (const id of [nextId, previousId]) {
    if (id) new Image().src = routes.api.mediaVariant(id, variant);
  }
}
