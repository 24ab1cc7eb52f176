import Link from "next/link";
import { formatBytes, formatCount } from "@/components/ui/format";
import { Skeleton } from "@/components/ui/skeleton";
import type { CollectionCard as Card } from "@/lib/collection/schema";
import { routes } from "@/lib/routes";
import { Cover } from "./cover";
import { VisibilityBadge } from "./visibility";

const grid = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,17.5rem),1fr))] gap-x-5 gap-y-9";

export function CollectionGrid({ cards, covers }: { cards: Card[]; covers: Map<string, string[]> }) {
  return (
    <ul className={grid}>
      {cards.map((card) => (
        <li key={card.id}>
          <CollectionCard card={card} thumbs={covers.get(card.id) ?? []} />
        </li>
      ))}
    </ul>
  );
}

function CollectionCard({ card, thumbs }: { card: Card; thumbs: string[] }) {
  return (
    <article className="group relative">
      <div className="aspect-4/3 overflow-hidden rounded-2xl bg-raised ring-1 ring-line/70 ring-inset transition-shadow duration-300 group-hover:shadow-float">
        <div className="size-full transition-[scale] duration-500 ease-out group-hover:scale-[1.02]">
          <Cover thumbs={thumbs} seed={card.slug} />
        </div>
      </div>
      <div className="mt-3.5 flex items-start justify-between gap-3">
        <h2 className="min-w-0 font-medium leading-snug tracking-tight">
          <Link href={routes.collection(card.slug)} className="outline-none">
            {/* The whole card is the link. */}
            <span className="absolute inset-0 rounded-2xl group-focus-within:outline-2 group-focus-within:outline-ring group-focus-within:outline-offset-4" />
            <span className="line-clamp-2 break-words">{card.name}</span>
          </Link>
        </h2>
        <VisibilityBadge visibility={card.visibility} />
      </div>
      <p className="mt-0.5 text-muted text-sm">
        {card.mediaCount === 0 ? "Empty" : formatCount(card.mediaCount, "item")}
        {card.originals && card.sizeBytes > 0 && ` · ${formatBytes(card.sizeBytes)}`}
      </p>
    </article>
  );
}

export function CollectionGridSkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Loading</span>
      <ul aria-hidden className={grid}>
        {[0, 1, 2, 3, 4, 5].map((index) => (
          <li key={index}>
            <Skeleton className="aspect-4/3 rounded-2xl" />
            <div className="mt-3.5 flex h-6 items-start justify-between">
              <Skeleton className="h-5 w-2/5" />
              <Skeleton className="h-6 w-18 rounded-full" />
            </div>
            <Skeleton className="mt-1.5 h-4 w-1/3" />
          </li>
        ))}
      </ul>
    </div>
  );
}
