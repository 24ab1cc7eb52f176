import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { formatBytes, formatCount } from "@/components/ui/format";
import { Notice } from "@/components/ui/notice";
import { routes } from "@/lib/routes";
import { type UnfinishedUpload, type UploadStatus, uploadStatus } from "@/lib/upload/schema";
import { resumeUpload } from "./begin-upload";
import { browserMemory, rememberedOf, reopen, useRemembered } from "./remembered";
import { type UploadTarget, uploads } from "./uploads-store";
import { When } from "./when";

type OpenUploadProps = { collection: UploadTarget; upload: UnfinishedUpload };

/** An upload that was left half-way: go on, keep what arrived, or discard it. */
export function OpenUpload({ collection, upload }: OpenUploadProps) {
  const { id, createdAt } = upload;
  const status = useStatus(collection.slug, id);
  const { pending, failed, choose } = useChoice(id);
  const arrived = status && !status.isAtLeast ? status.files.total : null;
  const folder = status?.label;
  const remembered = useRemembered(collection.slug, id);
  const [asking, setAsking] = useState(false);
  const resume = async () => {
    setAsking(true); // until the browser's question about the files is answered
    try {
      // Whoever is quicker than the browser's memory is not asked for files it has.
      const own = remembered ?? (await rememberedOf(collection.slug, id));
      const found = own && (await reopen(own));
      resumeUpload(collection, id, found);
    } finally {
      setAsking(false);
    }
  };
  return (
    <Notice
      tone="warn"
      title={
        <>
          The upload {folder && <bdi>“{folder}” </bdi>}from <When iso={createdAt} /> is still open
        </>
      }
      actions={
        <>
          <Button size="sm" variant="primary" pending={asking} onClick={resume}>
            Resume
          </Button>
          {arrived !== 0 && (
            <Button size="sm" pending={pending === "sealed"} onClick={() => choose("sealed")}>
              Keep what arrived
            </Button>
          )}
          <Discard arrived={arrived} pending={pending === "aborted"} onDiscard={() => choose("aborted")} />
        </>
      }
    >
      {arrivedText(status, upload.plannedFiles)}
      {remembered ? (
        "Resume it: only what is missing is sent. The browser asks whether the site may open the files again."
      ) : folder ? (
        <>
          Drop the folder <bdi>“{folder}”</bdi> again to resume it: only what is missing is sent.
        </>
      ) : (
        "Resume it with the same files: only what is missing is sent."
      )}
      <span role="alert" className="block text-danger empty:hidden">
        {failed && "That did not work. Nothing changed; try again."}
      </span>
    </Notice>
  );
}

/** Asked here, so that the gallery waits for nobody; null until known. A folder of its name, dropped again, goes on with it. */
function useStatus(slug: string, uploadId: string): UploadStatus | null {
  const [status, setStatus] = useState<UploadStatus | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    fetch(routes.api.upload(uploadId), { signal: leaving.signal })
      .then(async (response) => setStatus(uploadStatus.parse(await response.json())))
      // Without the numbers the choice is still there.
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

type DiscardProps = { arrived: number | null; pending: boolean; onDiscard: () => void };

/** Nothing is lost by discarding an upload in which nothing arrived: only otherwise it is confirmed. */
function Discard({ arrived, pending, onDiscard }: DiscardProps) {
  if (arrived === 0)
    return (
      <Button size="sm" pending={pending} onClick={onDiscard}>
        Discard
      </Button>
    );
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="sm" pending={pending}>
          Discard
        </Button>
      </DialogTrigger>
      <DialogContent
        title="Discard this upload?"
        description={
          arrived === null
            ? "What arrived is removed from the storage, and cannot be brought back."
            : `${formatCount(arrived, "file")} that arrived ${arrived === 1 ? "is" : "are"} removed from the storage, and cannot be brought back. The files on your machine are not touched.`
        }
      >
        <div className="flex flex-wrap justify-end gap-2">
          <DialogClose asChild>
            <Button>Leave it open</Button>
          </DialogClose>
          <DialogClose asChild>
            <Button variant="danger" onClick={onDiscard}>
              Discard and remove
            </Button>
          </DialogClose>
        </div>
      </DialogContent>
    </Dialog>
  );
}
