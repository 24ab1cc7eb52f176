"use client";

import { FileText, ImageOff, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { type CSSProperties, type SyntheticEvent, useState } from "react";
import { cn } from "@/components/ui/cn";
import { Spinner } from "@/components/ui/spinner";
import type { MediaItem } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { titleOf, typeNameOf } from "../media-text";
import { tileRatio, tileSources } from "./picture-sources";

type TileProps = { item: MediaItem; slug: string; rowPixels: number; eager: boolean; onOpen: (id: string) => void };

export function tileId(mediaId: string): string {
  return `media-${mediaId}`;
}

export function Tile({ item, slug, rowPixels, eager, onOpen }: TileProps) {
  return (
    <li style={{ "--ratio": tileRatio(item) } as CSSProperties}>
      <Link
        id={tileId(item.id)}
        href={routes.media(slug, item.id)}
        prefetch={false}
        onClick={() => onOpen(item.id)}
        className={cn(
          "group relative block size-full overflow-hidden rounded-lg bg-raised outline-none",
          // Two rings of different colours inside the tile, visible on dark and on light pictures.
          "after:absolute after:inset-0 after:rounded-lg focus-visible:after:shadow-[inset_0_0_0_3px_var(--ring),inset_0_0_0_5px_var(--canvas)]",
        )}
      >
        {item.state === "ready" && item.urls.thumb ? (
          <Picture item={item} rowPixels={rowPixels} eager={eager} />
        ) : (
          <Placeholder item={item} />
        )}
      </Link>
    </li>
  );
}

function Picture({ item, rowPixels, eager }: Pick<TileProps, "item" | "rowPixels" | "eager">) {
  const [renewed, setRenewed] = useState(false);
  // Signed URLs expire while a page stays open. This route signs a new one and redirects. Tried once, to avoid a loop.
  const sources = renewed ? { src: routes.api.mediaVariant(item.id, "thumb") } : tileSources(item, rowPixels);
  const renew = (event: SyntheticEvent<HTMLImageElement>) => {
    if (!renewed && event.currentTarget.src) setRenewed(true);
  };
  return (
    <>
      {/* biome-ignore lint/performance/noImgElement: the bytes come straight from S3 */}
      <img
        {...sources}
        alt={titleOf(item)}
        {...(item.width && item.height && { width: item.width, height: item.height })}
        loading={eager ? "eager" : "lazy"}
        decoding="async"
        draggable={false}
        onError={renew}
        className="size-full object-cover transition-[scale] duration-500 ease-out group-hover:scale-[1.025]"
      />
      {item.warning && <DamageMark warning={item.warning} />}
      <span
        aria-hidden
        className={cn(
          "absolute inset-x-0 bottom-0 truncate bg-linear-to-t from-black/65 to-transparent px-2.5 pt-8 pb-2 text-white text-xs",
          "opacity-0 transition-opacity duration-200 group-hover:opacity-100 group-focus-visible:opacity-100",
        )}
      >
        {titleOf(item)}
      </span>
    </>
  );
}

/** Marks a picture of which only part could be read. */
function DamageMark({ warning }: { warning: string }) {
  return (
    <span
      title={warning}
      className="absolute top-1.5 right-1.5 grid size-6 place-items-center rounded-full bg-warn-soft text-warn shadow-sm"
    >
      <TriangleAlert aria-hidden className="size-3.5" />
      <span className="sr-only">Incomplete or damaged</span>
    </span>
  );
}

/** Shows a media without a picture: being processed, not an image, or unreadable. */
function Placeholder({ item }: { item: MediaItem }) {
  const processing = { icon: <Spinner className="size-5" />, label: "Processing" };
  const contents = {
    pending: processing,
    ready: processing,
    kept: { icon: <FileText aria-hidden className="size-6" />, label: typeNameOf(item) },
    rejected: { icon: <ImageOff aria-hidden className="size-6 text-danger" />, label: "Cannot be displayed" },
  } as const;
  const { icon, label } = contents[item.state];
  return (
    <span
      title={item.rejectReason ?? undefined}
      className="flex size-full flex-col items-center justify-center gap-1.5 rounded-lg border border-line bg-surface p-3 text-center text-muted transition-colors group-hover:bg-raised"
    >
      {icon}
      <span className="line-clamp-2 max-w-full break-words font-medium text-ink text-xs">{titleOf(item)}</span>
      <span className="max-w-full truncate text-xs">{label}</span>
    </span>
  );
}
