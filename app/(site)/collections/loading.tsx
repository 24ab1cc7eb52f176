import { CollectionGridSkeleton } from "@/components/collection/collection-card";
import { CollectionsHead } from "@/components/collection/collections-head";
import { Skeleton } from "@/components/ui/skeleton";

export default function CollectionsLoading() {
  return (
    <div className="mx-auto max-w-[100rem] px-4 pb-24 sm:px-8">
      <CollectionsHead>
        <Skeleton className="h-10 w-40 rounded-xl" />
      </CollectionsHead>
      <CollectionGridSkeleton />
    </div>
  );
}
