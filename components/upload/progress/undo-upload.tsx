"use client";

import { RotateCcw, Undo2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { FormAlert } from "@/components/ui/form/alert";
import { formatCount } from "@/components/ui/format";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/overlay/dialog";
import { useKeptFocus } from "@/components/ui/use-kept-focus";
import { routes } from "@/lib/routes";

type UndoUploadProps = { uploadId: string; files: number };

const failed = {
  POST: "Not everything could be undone. Nothing was lost. Try again.",
  DELETE: "Not everything could be redone. Nothing was lost. Try again.",
} as const;

/** Undoes a whole upload after a confirmation, and redoes it. */
export function UndoUpload({ uploadId, files }: UndoUploadProps) {
  const { undone, pending, failure, applyUndo } = useUndo(uploadId);
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place);
  const undo = async () => {
    if (await applyUndo("POST")) setOpen(false);
  };
  return (
    <div ref={place} tabIndex={-1} className="-mx-2 flex flex-wrap items-center gap-x-3 rounded-lg sm:ml-auto">
      <p role="status" className="pl-2 text-muted text-sm empty:hidden">
        {undone && "Upload undone. Its files are in the trash."}
      </p>
      {undone ? (
        <Button variant="ghost" size="sm" className="px-2" pending={pending} onClick={() => applyUndo("DELETE")}>
          <RotateCcw aria-hidden />
          Redo upload
        </Button>
      ) : (
        <Dialog open={open} onOpenChange={setOpen}>
          <DialogTrigger asChild>
            <Button variant="ghost" size="sm" className="px-2 text-muted hover:text-ink">
              <Undo2 aria-hidden />
              Undo upload
            </Button>
          </DialogTrigger>
          <DialogContent
            title="Undo this upload?"
            description={`This undoes ${formatCount(files, "file")}: new ones move to the trash and can be restored, replaced ones return to their previous version.`}
          >
            <FormAlert message={failure} />
            <div className="flex flex-wrap justify-end gap-2">
              <DialogClose asChild>
                <Button>Keep it</Button>
              </DialogClose>
              <Button variant="danger" pending={pending} onClick={undo}>
                Undo upload
              </Button>
            </div>
          </DialogContent>
        </Dialog>
      )}
      {!open && <FormAlert message={failure} />}
    </div>
  );
}

/** Plain requests: a server action is dropped when the person navigates meanwhile. */
function useUndo(uploadId: string) {
  const router = useRouter();
  const [undone, setUndone] = useState(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const applyUndo = async (method: "POST" | "DELETE"): Promise<boolean> => {
    setPending(true);
    setFailure(null);
    const response = await fetch(routes.api.uploadUndo(uploadId), { method }).catch(() => null);
    setPending(false);
    if (!response?.ok) {
      setFailure(failed[method]);
      return false;
    }
    setUndone(method === "POST");
    router.refresh();
    return true;
  };
  return { undone, pending, failure, applyUndo };
}
