import { ArrowLeft } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";
import { IslandArt } from "@/components/ui/empty-art";
import { UploadPanel } from "@/components/upload/upload-panel";
import { routes } from "@/lib/routes";

export const metadata: Metadata = { title: "Add photos" };

/** The upload alone: an address to send to whoever is to add something. */
export default async function UploadPage({ params }: { params: CollectionParams }) {
  const { slug, name, abilities } = await loadCollection((await params).slug);
  if (!abilities.upload) notFound();
  return (
    <div className="mx-auto max-w-3xl px-4 pt-8 pb-24 sm:px-8 sm:pt-10">
      <Link
        href={routes.collection(slug)}
        className="inline-flex items-center gap-1.5 rounded-lg text-muted text-sm hover:text-ink"
      >
        <ArrowLeft aria-hidden className="size-4" />
        {name}
      </Link>
      <h1 className="mt-3 mb-8 font-semibold text-2xl sm:text-3xl">Add photos</h1>
      <UploadPanel collection={{ slug, name }} art={<IslandArt />} />
    </div>
  );
}
