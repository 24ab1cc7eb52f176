import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";
import { pageQuery } from "@/app/page-query";
import { CollectionHead } from "@/components/collection/collection-head";
import { UnfinishedUploads } from "@/components/collection/unfinished-uploads";
import { Gallery } from "@/components/media/gallery";
import { PreviewNotice } from "@/components/media/preview-notice";
import { IslandArt } from "@/components/ui/empty-art";
import { EmptyState } from "@/components/ui/empty-state";
import { currentViewer } from "@/lib/auth/session";
import { mediaPage } from "@/lib/media/queries";
import { unfinishedUploads } from "@/lib/upload/queries";

async function load(slug: string, mayUpload: boolean) {
  const viewer = await currentViewer();
  const [firstPage, uploads] = await Promise.all([
    mediaPage(viewer, { slug }),
    mayUpload ? unfinishedUploads(viewer, slug) : [],
  ]);
  return { firstPage, uploads, signedIn: viewer.kind === "user" };
}

export default async function GalleryPage({ params }: { params: CollectionParams }) {
  const collection = await loadCollection((await params).slug);
  const { slug, abilities } = collection;
  const { firstPage, uploads, signedIn } = await pageQuery(load(slug, abilities.upload));
  return (
    <div className="mx-auto max-w-[100rem] px-4 pb-24 sm:px-8">
      <CollectionHead collection={collection} maySettings={abilities.changeSettings} />
      <UnfinishedUploads uploads={uploads} />
      {!abilities.seeOriginals && <PreviewNotice signedIn={signedIn} />}
      {firstPage.items.length > 0 ? (
        <Gallery slug={slug} firstPage={firstPage} originals={abilities.seeOriginals} />
      ) : (
        <EmptyState art={<IslandArt />} title={abilities.upload ? "Drop a folder here" : "Nothing here yet"}>
          <p>
            {abilities.upload
              ? "Photographs, or any other files. Folders inside keep their names and order."
              : "When somebody adds pictures to this collection, they appear here."}
          </p>
        </EmptyState>
      )}
    </div>
  );
}
