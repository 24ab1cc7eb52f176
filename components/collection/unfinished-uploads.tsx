"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/components/ui/format";
import { LocalTime } from "@/components/ui/local-time";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";
import { useSoftPolling } from "@/components/ui/use-soft-polling";
import { routes } from "@/lib/routes";
import type { UploadStatus } from "@/lib/upload/schema";

const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false };
const clockAndDay: Intl.DateTimeFormatOptions = { ...clock, day: "numeric", month: "long" };
const dayMs = 24 * 60 * 60 * 1_000;

/** Uploads that were left half-way, and those whose files are being checked: said on top of the gallery. */
export function UnfinishedUploads({ uploads }: { uploads: UploadStatus[] }) {
  // An upload opened later is this page's own and shown where it runs.
  const [leftBefore] = useState(() => new Set(uploads.map(({ id }) => id)));
  const open = uploads.filter(({ id, state }) => state === "open" && leftBefore.has(id));
  const sealed = uploads.filter(({ state }) => state === "sealed");
  const router = useRouter();
  useSoftPolling(sealed.length > 0, async () => {
    router.refresh();
    return false;
  });
  if (open.length === 0 && sealed.length === 0) return null;
  return (
    <div className="mb-6 grid gap-2">
      {sealed.map((upload) => (
        <p key={upload.id} role="status" className="flex items-center gap-3 rounded-xl bg-raised px-4 py-3 text-sm">
          <Spinner className="text-muted" />
          The files of the upload from <When iso={upload.createdAt} /> are being checked. They appear here by
          themselves.
        </p>
      ))}
      {open.map((upload) => (
        <OpenUpload key={upload.id} upload={upload} />
      ))}
    </div>
  );
}

function OpenUpload({ upload }: { upload: UploadStatus }) {
  const router = useRouter();
  const [state, setState] = useState<"idle" | "pending" | "failed">("idle");
  const { files, plannedFiles } = upload;

  async function discard() {
    setState("pending");
    try {
      const body = JSON.stringify({ state: "aborted" });
      const headers = { "content-type": "application/json" };
      const response = await fetch(routes.api.upload(upload.id), { method: "PATCH", headers, body });
      if (!response.ok) throw new Error(`Discarding answered ${response.status}`);
      router.refresh();
    } catch {
      setState("failed");
    }
  }

  return (
    <Notice
      tone="warn"
      title={
        <>
          The upload from <When iso={upload.createdAt} /> is still open
        </>
      }
      actions={
        <Button size="sm" pending={state === "pending"} onClick={discard}>
          Discard
        </Button>
      }
    >
      {plannedFiles === null
        ? `${formatCount(files.total, "file")} arrived. `
        : `${files.total.toLocaleString("en")} of ${formatCount(plannedFiles, "file")} arrived. `}
      Drop the folder again to finish, or discard it.
      <span role="alert" className="block text-danger empty:hidden">
        {state === "failed" && "It could not be discarded. Nothing changed; try again."}
      </span>
    </Notice>
  );
}

function When({ iso }: { iso: string }) {
  const recent = Date.now() - new Date(iso).getTime() < dayMs;
  return <LocalTime iso={iso} options={recent ? clock : clockAndDay} />;
}
