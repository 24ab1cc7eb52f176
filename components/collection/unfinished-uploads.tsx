"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/components/ui/format";
import { LocalTime } from "@/components/ui/local-time";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";
import { useSoftPolling } from "@/components/ui/use-soft-polling";
import { routes } from "@/lib/routes";
import { type UnfinishedUpload, uploadStatus } from "@/lib/upload/schema";

const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false };
const clockAndDay: Intl.DateTimeFormatOptions = { ...clock, day: "numeric", month: "long" };
const dayMs = 24 * 60 * 60 * 1_000;

/** When the first gallery of this document was rendered, by the site's clock: later uploads are this document's own. */
let documentSince: string | null = null;

function sinceOf(renderedAt: string): string {
  if (typeof window === "undefined") return renderedAt;
  documentSince ??= renderedAt;
  return documentSince;
}

type UnfinishedUploadsProps = { uploads: UnfinishedUpload[]; renderedAt: string };

/** Uploads that were left half-way, and those whose files are being checked: said on top of the gallery. */
export function UnfinishedUploads({ uploads, renderedAt }: UnfinishedUploadsProps) {
  const [since] = useState(() => sinceOf(renderedAt));
  // One that runs here is shown where it runs.
  const left = uploads.filter(({ createdAt }) => createdAt < since);
  const open = left.filter(({ state }) => state === "open");
  const sealed = left.filter(({ state }) => state === "sealed");
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

type Choice = "sealed" | "aborted";

/** How many files of an open upload are in the storage: asked here, so that the gallery waits for nobody. Null until known. */
function useArrived(uploadId: string): number | null {
  const [arrived, setArrived] = useState<number | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    fetch(routes.api.upload(uploadId), { signal: leaving.signal })
      .then(async (response) => uploadStatus.parse(await response.json()))
      .then((status) => setArrived(status.files.total))
      // Without the number the choice is still there.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [uploadId]);
  return arrived;
}

function arrivedText(arrived: number | null, plannedFiles: number | null): string {
  if (arrived === null) return plannedFiles === null ? "" : `${formatCount(plannedFiles, "file")} were to come. `;
  if (plannedFiles === null) return `${formatCount(arrived, "file")} arrived. `;
  return `${arrived.toLocaleString("en")} of ${formatCount(plannedFiles, "file")} arrived. `;
}

function OpenUpload({ upload }: { upload: UnfinishedUpload }) {
  const router = useRouter();
  const [pending, setPending] = useState<Choice | null>(null);
  const [failed, setFailed] = useState(false);
  const { id, createdAt, plannedFiles } = upload;
  const arrived = useArrived(id);

  async function choose(state: Choice) {
    setPending(state);
    setFailed(false);
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(routes.api.upload(id), {
        method: "PATCH",
        headers,
        body: JSON.stringify({ state }),
      });
      if (!response.ok) throw new Error(`The upload answered ${response.status}`);
      router.refresh();
    } catch {
      setPending(null);
      setFailed(true);
    }
  }

  return (
    <Notice
      tone="warn"
      title={
        <>
          The upload from <When iso={createdAt} /> is still open
        </>
      }
      actions={
        <>
          {arrived !== 0 && (
            <Button size="sm" pending={pending === "sealed"} onClick={() => choose("sealed")}>
              Keep what arrived
            </Button>
          )}
          <Button size="sm" pending={pending === "aborted"} onClick={() => choose("aborted")}>
            Discard
          </Button>
        </>
      }
    >
      {arrivedText(arrived, plannedFiles)}
      {arrived !== 0
        ? "Keep them, or discard them; drop the folder again for the rest."
        : "Discard it, and drop the folder again."}
      <span role="alert" className="block text-danger empty:hidden">
        {failed && "That did not work. Nothing changed; try again."}
      </span>
    </Notice>
  );
}

function When({ iso }: { iso: string }) {
  const recent = Date.now() - new Date(iso).getTime() < dayMs;
  return <LocalTime iso={iso} options={recent ? clock : clockAndDay} />;
}
