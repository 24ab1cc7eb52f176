"use client";

import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import type { MediaPage } from "@/lib/media/schema";
import { moveTileFocus } from "./gallery-keys";
import { rememberOpened } from "./memory";
import { Tile } from "./tile";
import { type LoadState, useGallery } from "./use-gallery";

type GalleryProps = {
  slug: string;
  firstPage: MediaPage;
  /** False for non-members of a preview collection, who get small thumbnails only. */
  originals: boolean;
};

/** Tiles visible on a large screen before scrolling: their pictures load eagerly. */
const eagerTiles = 12;

export function Gallery({ slug, firstPage, originals }: GalleryProps) {
  const { state, load, loadMore } = useGallery(slug, firstPage);
  const few = state.nextCursor === null && state.items.length <= 6;
  const rowPixels = originals ? (few ? 320 : 230) : 130;
  return (
    <>
      <ul
        onKeyDown={moveTileFocus}
        className={cn("gallery", few && "gallery-few", !originals && "gallery-small")}
        aria-label="Media"
      >
        {state.items.map((item, index) => (
          <Tile
            key={item.id}
            item={item}
            slug={slug}
            rowPixels={rowPixels}
            eager={index < eagerTiles}
            onOpen={(id) => rememberOpened(slug, id)}
          />
        ))}
      </ul>
      {state.nextCursor !== null && <More load={load} onMore={loadMore} />}
      <p role="status" className="sr-only">
        {load === "loading" ? "Loading more" : `${state.items.length} shown`}
      </p>
    </>
  );
}

/** Loads the next page when scrolled near. The button works without IntersectionObserver and after a failure. */
function More({ load, onMore }: { load: LoadState; onMore: () => void }) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!element || load !== "idle") return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onMore(), {
      rootMargin: "1200px 0px",
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [load, onMore]);
  return (
    <div ref={end} className="flex flex-col items-center gap-3 py-10">
      {load === "failed" && (
        <p role="alert" className="text-danger text-sm">
          More pictures could not be loaded. Check your connection and try again.
        </p>
      )}
      <Button onClick={onMore} pending={load === "loading"}>
        Load more
      </Button>
    </div>
  );
}
