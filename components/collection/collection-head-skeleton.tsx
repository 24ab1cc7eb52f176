import { Skeleton } from "@/components/ui/skeleton";

export function CollectionHeadSkeleton() {
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-5 pt-8 pb-6 sm:pt-10">
      <div>
        <Skeleton className="h-8 w-64 sm:h-9" />
        <Skeleton className="mt-2.5 h-6 w-44 rounded-full" />
      </div>
      <Skeleton className="h-10 w-36 rounded-xl" />
    </div>
  );
}
