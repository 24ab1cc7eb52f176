"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { MediaDetail } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { isDisplayable, loadsAutomatically } from "../media-text";
import { ViewerBar } from "./bar";
import { ViewerFile } from "./file";
import { InfoPanel, infoPanelId } from "./info-panel";
import { ViewerNotes } from "./notes";
import { ViewerPicture } from "./picture";
import { ViewerStep } from "./step";
import { useInfoOpen } from "./use-info-open";
import { preloadNeighbours, useViewerNavigation } from "./use-viewer-navigation";

type ViewerProps = { slug: string; collectionName: string; media: MediaDetail };

export function Viewer({ slug, collectionName, media }: ViewerProps) {
  const [infoOpen, toggleInfo] = useInfoOpen();
  const [originalRequested, setOriginalRequested] = useState(false);
  const { backToGallery, touch } = useViewerNavigation(slug, media, toggleInfo);
  const stage = useRef<HTMLElement>(null);
  useEffect(() => {
    // The focused link was removed with its page.
    if (document.activeElement === document.body) stage.current?.focus({ preventScroll: true });
  }, []);
  // The route signs a URL when the link is used, so the link does not expire while the page is open.
  const downloadHref = media.urls.original ? `${routes.api.mediaVariant(media.id, "original")}?download=1` : null;
  const showsPicture = media.state === "ready" && (media.urls.preview ?? media.urls.thumb) !== undefined;
  const offersOriginal =
    media.urls.original !== undefined && isDisplayable(media) && !loadsAutomatically(media) && !originalRequested;

  return (
    <main
      ref={stage}
      tabIndex={-1}
      data-theme="dark"
      className="viewer fixed inset-0 flex flex-col bg-viewer text-ink outline-none"
    >
      <ViewerBar
        media={media}
        back={{ href: routes.collection(slug), label: `Back to ${collectionName}`, close: backToGallery }}
        downloadHref={downloadHref}
        onOriginal={offersOriginal ? () => setOriginalRequested(true) : null}
        info={{ open: infoOpen, toggle: toggleInfo }}
      />
      <div className="flex min-h-0 flex-1 max-lg:flex-col">
        <div {...touch} className="relative min-h-0 min-w-0 flex-1">
          <div className="absolute inset-0 px-2 pb-2 sm:px-16 sm:pb-6">
            {showsPicture ? (
              <ViewerPicture
                media={media}
                originalRequested={originalRequested}
                onReady={() => preloadNeighbours(media)}
              />
            ) : (
              <ViewerFile media={media} downloadHref={downloadHref} />
            )}
          </div>
          <ViewerStep
            slug={slug}
            mediaId={media.previousId}
            label="Previous"
            icon={ChevronLeft}
            className="left-2 sm:left-4"
          />
          <ViewerStep
            slug={slug}
            mediaId={media.nextId}
            label="Next"
            icon={ChevronRight}
            className="right-2 sm:right-4"
          />
        </div>
        <aside
          id={infoPanelId}
          aria-label="Information"
          hidden={!infoOpen}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard
          tabIndex={0}
          className="w-full overflow-y-auto border-line bg-surface p-5 max-lg:max-h-[45dvh] max-lg:rounded-t-3xl max-lg:border-t lg:w-84 lg:border-l lg:p-6"
        >
          <InfoPanel media={media} />
        </aside>
      </div>
      {showsPicture && <ViewerNotes media={media} />}
    </main>
  );
}
