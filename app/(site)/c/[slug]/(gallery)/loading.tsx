import { CollectionHeadSkeleton } from "@/components/collection/collection-head-skeleton";
import { GallerySkeleton } from "@/components/media/gallery/skeleton";

export default function GalleryLoading() {
  return (
    <div className="mx-auto max-w-[100rem] px-4 pb-24 sm:px-8">
      <CollectionHeadSkeleton />
      <GallerySkeleton />
    </div>
  );
}
