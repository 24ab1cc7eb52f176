"use client";

import { RotateCcw, Undo2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { FormAlert } from "@/components/ui/form-alert";
import { formatCount } from "@/components/ui/format";
import { routes } from "@/lib/routes";
import { useKeptFocus } from "./use-kept-focus";

type UndoUploadProps = { uploadId: string; files: number };

const failed = "That did not work, or not all of it. Nothing is lost; try again.";

/** Takes a whole upload back, once that was confirmed, and brings it back again. */
export function UndoUpload({ uploadId, files }: UndoUploadProps) {
  const { undone, pending, failure, turn } = useUndo(uploadId);
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place);
  const undo = async () => {
    if (await turn("POST")) setOpen(false);
  };
  return (
    <div ref={place} tabIndex={-1} className="-mx-2 flex flex-wrap items-center gap-x-3 rounded-lg sm:ml-auto">
      <p role="status" className="pl-2 text-muted text-sm empty:hidden">
        {undone && "Undone: its files are in the trash."}
      </p>
      {undone ? (
        <Button variant="ghost" size="sm" className="px-2" pending={pending} onClick={() => turn("DELETE")}>
          <RotateCcw aria-hidden />
          Bring them back
        </Button>
      ) : (
        <Dialog open={open} onOpenChange={setOpen}>
          <DialogTrigger asChild>
            <Button variant="ghost" size="sm" className="px-2 text-muted hover:text-ink">
              <Undo2 aria-hidden />
              Undo this upload
            </Button>
          </DialogTrigger>
          <DialogContent
            title="Undo this upload?"
            description={`${formatCount(files, "file")} that it brought ${files === 1 ? "goes" : "go"} to the trash, from where ${files === 1 ? "it" : "they"} can be brought back. Files that it gave a new version get the one before it back.`}
          >
            <FormAlert message={failure} />
            <div className="flex flex-wrap justify-end gap-2">
              <DialogClose asChild>
                <Button>Keep it</Button>
              </DialogClose>
              <Button variant="danger" pending={pending} onClick={undo}>
                Undo this upload
              </Button>
            </div>
          </DialogContent>
        </Dialog>
      )}
      {!open && <FormAlert message={failure} />}
    </div>
  );
}

/** A plain request: a server action would be called off by going elsewhere on the site. */
function useUndo(uploadId: string) {
  const router = useRouter();
  const [undone, setUndone] = useState(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const turn = async (method: "POST" | "DELETE"): Promise<boolean> => {
    setPending(true);
    setFailure(null);
    const response = await fetch(routes.api.uploadUndo(uploadId), { method }).catch(() => null);
    setPending(false);
    if (!response?.ok) {
      setFailure(failed);
      return false;
    }
    setUndone(method === "POST");
    router.refresh();
    return true;
  };
  return { undone, pending, failure, turn };
}
