import Link from "next/link";
import type { ComponentType } from "react";
import { cn } from "@/components/ui/cn";
import { routes } from "@/lib/routes";

type ViewerStepProps = {
  slug: string;
  mediaId: string | null;
  label: string;
  icon: ComponentType<{ className?: string }>;
  className: string;
};

/** Links to the previous or next picture, prefetched. Replaces the history entry, so that Back leads to the gallery. */
export function ViewerStep({ slug, mediaId, label, icon: Icon, className }: ViewerStepProps) {
  if (!mediaId) return null;
  return (
    <Link
      href={routes.media(slug, mediaId)}
      replace
      scroll={false}
      prefetch
      aria-label={label}
      className={cn(
        "absolute top-1/2 grid size-11 -translate-y-1/2 place-items-center rounded-full bg-viewer/60 text-ink backdrop-blur-sm transition-colors hover:bg-raised",
        className,
      )}
    >
      <Icon className="size-6" />
    </Link>
  );
}
