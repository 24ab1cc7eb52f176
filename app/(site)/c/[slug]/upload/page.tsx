import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";
import { CollectionSubpage } from "@/components/collection/collection-subpage";
import { IslandArt } from "@/components/ui/empty-art";
import { UploadPanel } from "@/components/upload/upload-panel";

export const metadata: Metadata = { title: "Add photos" };

/** Shows only the upload panel: a link to send to people who should add files. */
export default async function UploadPage({ params }: { params: CollectionParams }) {
  const { slug, name, abilities } = await loadCollection((await params).slug);
  if (!abilities.upload) notFound();
  return (
    <CollectionSubpage collection={{ slug, name }} title="Add photos" className="max-w-3xl">
      <UploadPanel collection={{ slug, name }} art={<IslandArt />} />
    </CollectionSubpage>
  );
}
