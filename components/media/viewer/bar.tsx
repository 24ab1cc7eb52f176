import { ArrowLeft, Download, Info, Maximize } from "lucide-react";
import Link from "next/link";
import { Button, buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatBytes } from "@/components/ui/format";
import type { MediaDetail } from "@/lib/media/schema";
import type { routes } from "@/lib/routes";
import { titleOf } from "../media-text";
import { infoPanelId } from "./info-panel";

type ViewerBarProps = {
  media: MediaDetail;
  /** `close` goes back to the gallery and returns false when it is not the previous history entry. */
  back: { href: ReturnType<typeof routes.collection>; label: string; close: () => boolean };
  downloadHref: string | null;
  /** Null when the original loads automatically or is not available. */
  onOriginal: (() => void) | null;
  info: { open: boolean; toggle: () => void };
};

export function ViewerBar({ media, back, downloadHref, onOriginal, info }: ViewerBarProps) {
  return (
    <header className="flex h-14 shrink-0 items-center gap-1 px-2 sm:gap-2 sm:px-4">
      <Link
        href={back.href}
        aria-label={back.label}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          if (back.close()) event.preventDefault();
        }}
        className={buttonClass({ variant: "ghost", size: "icon" })}
      >
        <ArrowLeft aria-hidden />
      </Link>
      <h1 className="min-w-0 flex-1 truncate font-medium text-sm">{titleOf(media)}</h1>
      {onOriginal && (
        <Button variant="ghost" size="sm" onClick={onOriginal}>
          <Maximize aria-hidden />
          Show original ({formatBytes(media.sizeBytes ?? 0)})
        </Button>
      )}
      {downloadHref && (
        <a
          href={downloadHref}
          download
          aria-label="Download original"
          className={buttonClass({ variant: "ghost", size: "icon" })}
        >
          <Download aria-hidden />
        </a>
      )}
      <Button
        variant="ghost"
        size="icon"
        aria-label="Information"
        aria-expanded={info.open}
        aria-controls={infoPanelId}
        onClick={info.toggle}
        className={cn(info.open && "bg-raised")}
      >
        <Info aria-hidden />
      </Button>
    </header>
  );
}
