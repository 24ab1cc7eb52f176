"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { MediaDetail } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { useInfoOpen } from "./info-open";
import { InfoPanel, infoPanelId } from "./info-panel";
import { isDisplayable, loadsByItself } from "./media-text";
import { StageFile } from "./stage-file";
import { StagePicture } from "./stage-picture";
import { Turn } from "./turn";
import { fetchNeighbours, useStageMoves } from "./use-stage-moves";
import { ViewerBar } from "./viewer-bar";

type ViewerProps = { slug: string; collectionName: string; media: MediaDetail };

export function Viewer({ slug, collectionName, media }: ViewerProps) {
  const [infoOpen, toggleInfo] = useInfoOpen();
  const [originalAsked, setOriginalAsked] = useState(false);
  const { backToGallery, touch } = useStageMoves(slug, media, toggleInfo);
  const stage = useRef<HTMLElement>(null);
  useEffect(() => {
    // The link that led here is gone with its page.
    if (document.activeElement === document.body) stage.current?.focus({ preventScroll: true });
  }, []);
  // Signed anew when it is used, however long this page has been open.
  const downloadHref = media.urls.original ? `${routes.api.mediaVariant(media.id, "original")}?download=1` : null;
  const showsPicture = media.state === "ready" && (media.urls.preview ?? media.urls.thumb) !== undefined;
  const offersOriginal =
    media.urls.original !== undefined && isDisplayable(media) && !loadsByItself(media) && !originalAsked;

  return (
    <main
      ref={stage}
      tabIndex={-1}
      data-theme="dark"
      className="stage fixed inset-0 flex flex-col bg-stage text-ink outline-none"
    >
      <ViewerBar
        media={media}
        back={{ href: routes.collection(slug), label: `Back to ${collectionName}`, close: backToGallery }}
        downloadHref={downloadHref}
        onOriginal={offersOriginal ? () => setOriginalAsked(true) : null}
        info={{ open: infoOpen, toggle: toggleInfo }}
      />
      <div className="flex min-h-0 flex-1 max-lg:flex-col">
        <div {...touch} className="relative min-h-0 min-w-0 flex-1">
          <div className="absolute inset-0 px-2 pb-2 sm:px-16 sm:pb-6">
            {showsPicture ? (
              <StagePicture media={media} originalAsked={originalAsked} onReady={() => fetchNeighbours(media)} />
            ) : (
              <StageFile media={media} downloadHref={downloadHref} />
            )}
          </div>
          <Turn
            slug={slug}
            mediaId={media.previousId}
            label="Previous"
            icon={ChevronLeft}
            className="left-2 sm:left-4"
          />
          <Turn slug={slug} mediaId={media.nextId} label="Next" icon={ChevronRight} className="right-2 sm:right-4" />
        </div>
        <aside
          id={infoPanelId}
          aria-label="Information"
          hidden={!infoOpen}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
          tabIndex={0}
          className="w-full overflow-y-auto border-line bg-surface p-5 max-lg:max-h-[45dvh] max-lg:rounded-t-3xl max-lg:border-t lg:w-84 lg:border-l lg:p-6"
        >
          <InfoPanel media={media} />
        </aside>
      </div>
      {showsPicture && !media.urls.original && (
        <p className="shrink-0 px-4 pb-4 text-center text-muted text-sm">
          This is a small preview. The original is for members of the collection.
        </p>
      )}
    </main>
  );
}
