import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { formatBytes, formatCount } from "@/components/ui/format";
import { LocalTime } from "@/components/ui/local-time";
import { Notice } from "@/components/ui/message/notice";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/overlay/dialog";
import { routes } from "@/lib/routes";
import { type UnfinishedUpload, type UploadStatus, uploadStatus } from "@/lib/upload/schema";
import { resumeUpload } from "./store/begin-upload";
import { browserMemory, rememberedOf, reopen, useRemembered } from "./store/remembered";
import { type UploadTarget, uploads } from "./store/uploads-store";

type OpenUploadProps = { collection: UploadTarget; upload: UnfinishedUpload };

/** An unfinished upload, to be resumed, sealed as it is, or canceled. */
export function OpenUpload({ collection, upload }: OpenUploadProps) {
  const { id, createdAt } = upload;
  const status = useStatus(collection.slug, id);
  const { pending, failed, choose } = useChoice(id);
  const arrived = status && !status.isAtLeast ? status.files.total : null;
  const folder = status?.label;
  const remembered = useRemembered(collection, id);
  const [resuming, setResuming] = useState(false);
  const resume = async () => {
    setResuming(true); // until the browser's permission prompt is answered
    try {
      // A quick click can come before the browser's records are read.
      const own = remembered ?? (await rememberedOf(collection, id));
      const found = own && (await reopen(own));
      resumeUpload(collection, id, found);
    } finally {
      setResuming(false);
    }
  };
  return (
    <Notice
      tone="warn"
      title={
        <>
          The upload {folder && <bdi>“{folder}” </bdi>}from <LocalTime iso={createdAt} recent /> is still open
        </>
      }
      actions={
        <>
          <Button size="sm" variant="primary" pending={resuming} onClick={resume}>
            Resume
          </Button>
          {arrived !== 0 && (
            <Button size="sm" pending={pending === "sealed"} onClick={() => choose("sealed")}>
              Keep what arrived
            </Button>
          )}
          <CancelOpenUpload arrived={arrived} pending={pending === "aborted"} onCancel={() => choose("aborted")} />
        </>
      }
    >
      {arrivedText(status, upload.plannedFiles)}
      {remembered ? (
        "Resume it: only what is missing is sent. The browser asks for permission to open the files again."
      ) : folder ? (
        <>
          Drop the folder <bdi>“{folder}”</bdi> again to resume it: only what is missing is sent.
        </>
      ) : (
        "Resume it with the same files: only what is missing is sent."
      )}
      <span role="alert" className="block text-danger empty:hidden">
        {failed && "The upload could not be changed. Nothing was lost. Try again."}
      </span>
    </Notice>
  );
}

/** The upload's status, null until known. Requested here so that the gallery does not wait for it. Also offers to resume it. */
function useStatus(slug: string, uploadId: string): UploadStatus | null {
  const [status, setStatus] = useState<UploadStatus | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    fetch(routes.api.upload(uploadId), { signal: leaving.signal })
      .then(async (response) => setStatus(uploadStatus.parse(await response.json())))
      // Without the numbers the choices remain.
      .catch(() => undefined);
    return () => leaving.abort();
  }, [uploadId]);
  const label = status?.label;
  useEffect(() => {
    if (label) return uploads.offer(slug, { uploadId, label });
  }, [slug, uploadId, label]);
  return status;
}

function arrivedText(status: UploadStatus | null, plannedFiles: number | null): string {
  if (!status) return plannedFiles === null ? "" : `${formatCount(plannedFiles, "file")} were to come. `;
  const { files, bytes, isAtLeast } = status;
  const size = files.total > 0 ? ` (${formatBytes(bytes)})` : "";
  const least = isAtLeast ? "At least " : "";
  if (plannedFiles === null) return `${least}${formatCount(files.total, "file")} arrived${size}. `;
  return `${least}${files.total.toLocaleString("en")} of ${formatCount(plannedFiles, "file")} arrived${size}. `;
}

type Choice = "sealed" | "aborted";

function useChoice(uploadId: string) {
  const router = useRouter();
  const [pending, setPending] = useState<Choice | null>(null);
  const [failed, setFailed] = useState(false);
  const choose = async (state: Choice) => {
    setPending(state);
    setFailed(false);
    try {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ state });
      const response = await fetch(routes.api.upload(uploadId), { method: "PATCH", headers, body });
      if (!response.ok) throw new Error(`The upload answered ${response.status}`);
      void browserMemory().forget(uploadId);
      router.refresh();
    } catch {
      setPending(null);
      setFailed(true);
    }
  };
  return { pending, failed, choose };
}

type CancelProps = { arrived: number | null; pending: boolean; onCancel: () => void };

/** Asks for confirmation if files arrived. */
function CancelOpenUpload({ arrived, pending, onCancel }: CancelProps) {
  if (arrived === 0)
    return (
      <Button size="sm" pending={pending} onClick={onCancel}>
        Cancel upload
      </Button>
    );
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="sm" pending={pending}>
          Cancel upload
        </Button>
      </DialogTrigger>
      <DialogContent
        title="Cancel this upload?"
        description={
          arrived === null
            ? "The files that arrived are removed from the storage and cannot be restored."
            : `${formatCount(arrived, "file")} that arrived ${arrived === 1 ? "is" : "are"} removed from the storage and cannot be restored. The files on your machine stay as they are.`
        }
      >
        <div className="flex flex-wrap justify-end gap-2">
          <DialogClose asChild>
            <Button>Keep it open</Button>
          </DialogClose>
          <DialogClose asChild>
            <Button variant="danger" onClick={onCancel}>
              Cancel and remove
            </Button>
          </DialogClose>
        </div>
      </DialogContent>
    </Dialog>
  );
}
