import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";
import { pageQuery } from "@/app/page-query";
import { CollectionSubpage } from "@/components/collection/collection-subpage";
import { IslandArt } from "@/components/ui/art/empty-art";
import { UploadPanel } from "@/components/upload/upload-panel";
import { currentViewer } from "@/lib/auth/session";

export const metadata: Metadata = { title: "Add photos" };

/** Shows only the upload panel: a link to send to people who should add files. */
export default async function UploadPage({ params }: { params: CollectionParams }) {
  const { slug, name, abilities } = await loadCollection((await params).slug);
  const viewer = await pageQuery(currentViewer());
  if (!abilities.upload || viewer.kind !== "user") notFound();
  return (
    <CollectionSubpage collection={{ slug, name }} title="Add photos" className="max-w-3xl">
      <UploadPanel collection={{ slug, name, uploaderId: viewer.userId }} art={<IslandArt />} />
    </CollectionSubpage>
  );
}
