"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/components/ui/format";
import { Dialog, DialogClose, DialogContent, DialogTrigger } from "@/components/ui/overlay/dialog";

type CancelUploadProps = {
  /** Files that arrived and would be removed. */
  arrived: number;
  onCancel: () => void;
  /** The button. */
  children: ReactNode;
};

/** Cancels an upload after a confirmation, as the files that arrived are removed. */
export function CancelUpload({ arrived, onCancel, children }: CancelUploadProps) {
  return (
    <Dialog>
      <DialogTrigger asChild>{children}</DialogTrigger>
      <DialogContent
        title="Cancel this upload?"
        description={
          arrived > 0
            ? `${formatCount(arrived, "file")} that arrived ${arrived === 1 ? "is" : "are"} removed from the storage. To stop for a while, pause instead.`
            : "Files sent so far are removed from the storage. To stop for a while, pause instead."
        }
      >
        <div className="flex flex-wrap justify-end gap-2">
          <DialogClose asChild>
            <Button>Keep uploading</Button>
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
