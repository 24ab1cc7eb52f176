"use client";

import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/overlay/popover";
import { useUploads, useUploadsInSight } from "../store/use-uploads";
import { TrayAnnouncer } from "./announcer";
import { TrayBadge } from "./badge";
import { TrayRow } from "./row";

/**
 * Running uploads whose panels are out of sight. It uses free space of the header: nothing is covered and nothing moves
 * when it appears.
 */
export function UploadTray() {
  const all = useUploads();
  const inSight = useUploadsInSight();
  const [open, setOpen] = useState(false);
  const shown = all.filter(({ id }) => !inSight.has(id));
  return (
    <>
      <TrayAnnouncer uploads={all} />
      {(shown.length > 0 || (open && all.length > 0)) && (
        <Popover open={open} onOpenChange={setOpen}>
          <PopoverTrigger asChild>
            <Button variant="secondary" className="animate-fade px-3">
              <TrayBadge uploads={shown.length > 0 ? shown : all} />
            </Button>
          </PopoverTrigger>
          <PopoverContent aria-label="Uploads">
            <h2 className="px-4 pt-4 pb-1 font-semibold text-sm">Uploads</h2>
            <ul className="divide-y divide-line">
              {all.map((upload) => (
                <TrayRow key={upload.id} upload={upload} onLeave={() => setOpen(false)} />
              ))}
            </ul>
          </PopoverContent>
        </Popover>
      )}
    </>
  );
}
