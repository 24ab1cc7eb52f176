"use client";

import { type CSSProperties, useEffect, useEffectEvent, useRef, useState } from "react";
import { cn } from "@/components/ui/cn";
import type { MediaDetail } from "@/lib/media/schema";
import { loadsAutomatically, titleOf } from "../media-text";

type ViewerPictureProps = { media: MediaDetail; originalRequested: boolean; onReady: () => void };

/** Shows the preview at once, then fades the original in over it at the same size. */
export function ViewerPicture({ media, originalRequested, onReady }: ViewerPictureProps) {
  const { urls, width, height } = media;
  const [mounted, setMounted] = useState(false);
  const [originalShown, setOriginalShown] = useState(false);
  const preview = useRef<HTMLImageElement>(null);
  const ready = useEffectEvent(onReady);
  useEffect(() => {
    setMounted(true);
    // It may have loaded before hydration, and then there is no load event.
    if (preview.current?.complete) ready();
  }, []);
  const shown = urls.preview ?? urls.thumb;
  if (!shown || !width || !height) return null;
  const withOriginal = mounted && urls.original !== undefined && (originalRequested || loadsAutomatically(media));
  return (
    <div className="viewer-area grid size-full place-items-center">
      <div className="viewer-frame relative" style={{ "--ratio": width / height, "--pixels": width } as CSSProperties}>
        {/* biome-ignore lint/performance/noImgElement: the bytes come straight from S3 */}
        <img
          ref={preview}
          src={shown}
          alt={titleOf(media)}
          width={width}
          height={height}
          fetchPriority="high"
          decoding="async"
          onLoad={onReady}
          className="absolute inset-0 size-full rounded-sm bg-raised object-contain"
        />
        {withOriginal && (
          // biome-ignore lint/performance/noImgElement: the bytes come straight from S3
          <img
            src={urls.original}
            alt=""
            width={width}
            height={height}
            decoding="async"
            onLoad={() => setOriginalShown(true)}
            className={cn(
              "absolute inset-0 size-full rounded-sm object-contain transition-opacity duration-300",
              originalShown ? "opacity-100" : "opacity-0",
            )}
          />
        )}
      </div>
    </div>
  );
}
