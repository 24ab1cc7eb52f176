import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import { routes } from "@/lib/routes";

type CollectionSubpageProps = {
  collection: { slug: string; name: string };
  title: string;
  className: string;
  children: ReactNode;
};

/** Lays out a page below a collection: a link back to it, a heading, the content. */
export function CollectionSubpage({ collection, title, className, children }: CollectionSubpageProps) {
  return (
    <div className={cn("mx-auto px-4 pt-8 pb-24 sm:px-8 sm:pt-10", className)}>
      <Link
        href={routes.collection(collection.slug)}
        className="inline-flex items-center gap-1.5 rounded-lg text-muted text-sm hover:text-ink"
      >
        <ArrowLeft aria-hidden className="size-4" />
        {collection.name}
      </Link>
      <h1 className="mt-3 mb-8 font-semibold text-2xl sm:text-3xl">{title}</h1>
      {children}
    </div>
  );
}
