import { TriangleAlert } from "lucide-react";
import type { MediaDetail } from "@/lib/media/schema";

/** What people should know of the picture they see: that part of it is missing, or that it is small. */
export function ViewerNotes({ media }: { media: MediaDetail }) {
  return (
    <>
      {media.warning && (
        <p className="mx-auto flex max-w-3xl shrink-0 items-start gap-2 px-4 pt-2 pb-4 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span>{media.warning}</span>
        </p>
      )}
      {!media.urls.original && (
        <p className="shrink-0 px-4 pt-2 pb-4 text-center text-muted text-sm">
          This is a small preview. Only members of the collection can see the original.
        </p>
      )}
    </>
  );
}
