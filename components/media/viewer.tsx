"use client";

import { ArrowLeft, ChevronLeft, ChevronRight, Download, Info, Maximize } from "lucide-react";
import Link from "next/link";
import { type ComponentType, useEffect, useRef, useState } from "react";
import { Button, buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatBytes } from "@/components/ui/format";
import type { MediaDetail } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { useInfoOpen } from "./info-open";
import { InfoPanel } from "./info-panel";
import { isDisplayable, loadsByItself, titleOf } from "./media-text";
import { StageFile } from "./stage-file";
import { StagePicture } from "./stage-picture";
import { fetchNeighbours, useStageMoves } from "./use-stage-moves";

type ViewerProps = { slug: string; collectionName: string; media: MediaDetail };

export function Viewer({ slug, collectionName, media }: ViewerProps) {
  const [infoOpen, toggleInfo] = useInfoOpen();
  const [originalAsked, setOriginalAsked] = useState(false);
  const { close, fromGallery, touch } = useStageMoves(slug, media, toggleInfo);
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
      <header className="flex h-14 shrink-0 items-center gap-1 px-2 sm:gap-2 sm:px-4">
        <Link
          href={routes.collection(slug)}
          aria-label={`Back to ${collectionName}`}
          onClick={(event) => {
            if (!fromGallery() || event.metaKey || event.ctrlKey) return;
            event.preventDefault();
            close();
          }}
          className={buttonClass({ variant: "ghost", size: "icon" })}
        >
          <ArrowLeft aria-hidden />
        </Link>
        <h1 className="min-w-0 flex-1 truncate font-medium text-sm">{titleOf(media)}</h1>
        {offersOriginal && (
          <Button variant="ghost" size="sm" onClick={() => setOriginalAsked(true)}>
            <Maximize aria-hidden />
            Show original ({formatBytes(media.sizeBytes)})
          </Button>
        )}
        {downloadHref && (
          <a
            href={downloadHref}
            download
            aria-label="Download the original"
            className={buttonClass({ variant: "ghost", size: "icon" })}
          >
            <Download aria-hidden />
          </a>
        )}
        <Button
          variant="ghost"
          size="icon"
          aria-label="Information"
          aria-expanded={infoOpen}
          aria-controls="media-info"
          onClick={toggleInfo}
          className={cn(infoOpen && "bg-raised")}
        >
          <Info aria-hidden />
        </Button>
      </header>
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
          id="media-info"
          aria-label="Information"
          hidden={!infoOpen}
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

type TurnProps = {
  slug: string;
  mediaId: string | null;
  label: string;
  icon: ComponentType<{ className?: string }>;
  className: string;
};

function Turn({ slug, mediaId, label, icon: Icon, className }: TurnProps) {
  if (!mediaId) return null;
  return (
    <Link
      href={routes.media(slug, mediaId)}
      replace
      scroll={false}
      prefetch
      aria-label={label}
      className={cn(
        "absolute top-1/2 grid size-11 -translate-y-1/2 place-items-center rounded-full bg-stage/60 text-ink backdrop-blur-sm transition-colors hover:bg-raised",
        className,
      )}
    >
      <Icon className="size-6" />
    </Link>
  );
}
