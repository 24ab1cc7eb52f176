import { Settings2 } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/ui/button";
import { formatBytes, formatCount } from "@/components/ui/format";
import type { CollectionCard } from "@/lib/collection/schema";
import { routes } from "@/lib/routes";
import { VisibilityBadge } from "./visibility";

type CollectionHeadProps = { collection: CollectionCard; maySettings: boolean; actions?: ReactNode };

export function CollectionHead({ collection, maySettings, actions }: CollectionHeadProps) {
  const { slug, name, description, mediaCount, visibility } = collection;
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-5 pt-8 pb-6 sm:pt-10">
      <div className="min-w-0 max-w-3xl">
        <h1 className="break-words font-semibold text-2xl sm:text-3xl">{name}</h1>
        <div className="mt-2.5 flex flex-wrap items-center gap-x-3 gap-y-1.5 text-muted text-sm">
          <VisibilityBadge visibility={visibility} />
          <span>{mediaCount === 0 ? "Empty" : formatCount(mediaCount, "item")}</span>
          {collection.originals && collection.sizeBytes > 0 && <span>{formatBytes(collection.sizeBytes)}</span>}
        </div>
        {description && (
          <p className="mt-4 whitespace-pre-line break-words text-muted leading-relaxed">{description}</p>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2.5">
        {maySettings && (
          <Link href={routes.collectionSettings(slug)} className={buttonClass()}>
            <Settings2 aria-hidden />
            Settings
          </Link>
        )}
        {actions}
      </div>
    </div>
  );
}
