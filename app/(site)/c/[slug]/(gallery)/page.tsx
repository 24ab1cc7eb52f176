import { loadCollection } from "@/app/loaders";
import type { CollectionParams } from "@/app/page-props";
import { pageQuery } from "@/app/page-query";
import { CollectionHead } from "@/components/collection/collection-head";
import { Gallery } from "@/components/media/gallery/gallery";
import { PreviewNotice } from "@/components/media/preview-notice";
import { IslandArt, PrintsArt } from "@/components/ui/art/empty-art";
import { EmptyState } from "@/components/ui/message/empty-state";
import { UnfinishedUploads } from "@/components/upload/unfinished-uploads";
import { UploadPanel } from "@/components/upload/upload-panel";
import { AddPhotosButton, UploadPlace, UploadPlaceProvider } from "@/components/upload/upload-place";
import { currentViewer } from "@/lib/auth/session";
import type { CollectionPage } from "@/lib/collection/queries";
import { mediaPage } from "@/lib/media/queries";
import { unfinishedUploads } from "@/lib/upload/queries";

async function load(collection: CollectionPage) {
  const viewer = await currentViewer();
  const renderedAt = new Date().toISOString();
  const [firstPage, uploads] = await Promise.all([
    mediaPage(collection),
    collection.abilities.upload ? unfinishedUploads(viewer, collection.slug) : [],
  ]);
  return { firstPage, uploads, renderedAt, uploaderId: viewer.kind === "user" ? viewer.userId : null };
}

export default async function GalleryPage({ params }: { params: CollectionParams }) {
  const collection = await loadCollection((await params).slug);
  const { slug, name, abilities } = collection;
  const { firstPage, uploads, renderedAt, uploaderId } = await pageQuery(load(collection));
  const empty = firstPage.items.length === 0;
  return (
    <div className="mx-auto max-w-[100rem] px-4 pb-24 sm:px-8">
      <UploadPlaceProvider initiallyOpen={empty}>
        <CollectionHead
          collection={collection}
          maySettings={abilities.changeSettings}
          actions={abilities.upload && !empty && <AddPhotosButton />}
        />
        {abilities.upload && uploaderId && (
          <>
            <UnfinishedUploads collection={{ slug, name, uploaderId }} uploads={uploads} renderedAt={renderedAt} />
            <UploadPlace collection={{ slug, name, uploaderId }}>
              <UploadPanel collection={{ slug, name, uploaderId }} {...(empty && { art: <IslandArt /> })} />
            </UploadPlace>
          </>
        )}
        {!abilities.seeOriginals && <PreviewNotice signedIn={uploaderId !== null} />}
        {!empty && <Gallery slug={slug} firstPage={firstPage} originals={abilities.seeOriginals} />}
        {empty && !abilities.upload && (
          <EmptyState art={<PrintsArt />} title="No pictures yet">
            <p>Pictures added to this collection appear here.</p>
          </EmptyState>
        )}
      </UploadPlaceProvider>
    </div>
  );
}
