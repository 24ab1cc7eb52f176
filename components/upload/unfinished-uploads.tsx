"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { LocalTime } from "@/components/ui/local-time";
import { Spinner } from "@/components/ui/spinner";
import { usePolling } from "@/components/ui/use-polling";
import type { UnfinishedUpload } from "@/lib/upload/schema";
import { OpenUpload } from "./open-upload";
import type { UploadTarget } from "./store/uploads-store";
import { useUploads } from "./store/use-uploads";

/** When the first gallery of this document was rendered, by the site's clock. Later uploads belong to this document. */
let documentSince: string | null = null;

function sinceOf(renderedAt: string): string {
  if (typeof window === "undefined") return renderedAt;
  documentSince ??= renderedAt;
  return documentSince;
}

type UnfinishedUploadsProps = {
  collection: UploadTarget;
  uploads: UnfinishedUpload[];
  renderedAt: string;
};

/** Unfinished uploads, and uploads whose files are being verified, on top of the gallery. */
export function UnfinishedUploads({ collection, uploads, renderedAt }: UnfinishedUploadsProps) {
  const [since] = useState(() => sinceOf(renderedAt));
  const resumed = new Set(useUploads().map(({ resumes }) => resumes));
  // Uploads of this page have a panel of their own.
  const shown = uploads.filter(({ id, createdAt }) => createdAt < since && !resumed.has(id));
  const open = shown.filter(({ state }) => state === "open");
  const sealed = shown.filter(({ state }) => state === "sealed");
  const router = useRouter();
  usePolling(sealed.length > 0, async () => {
    router.refresh();
    return false;
  });
  if (open.length === 0 && sealed.length === 0) return null;
  return (
    <div className="mb-6 grid gap-2">
      {sealed.map((upload) => (
        <p key={upload.id} role="status" className="flex items-center gap-3 rounded-xl bg-raised px-4 py-3 text-sm">
          <Spinner className="shrink-0 text-muted" />
          <span>
            The files of the upload from <LocalTime iso={upload.createdAt} recent /> are being checked. They appear here
            by themselves.
          </span>
        </p>
      ))}
      {open.map((upload) => (
        <OpenUpload key={upload.id} collection={collection} upload={upload} />
      ))}
    </div>
  );
}
