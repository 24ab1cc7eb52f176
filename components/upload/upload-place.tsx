"use client";

import { ImagePlus } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import type { UploadTarget } from "./store/uploads-store";
import { useUploads } from "./store/use-uploads";

type Place = { open: boolean; setOpen: (open: boolean) => void };
const PlaceContext = createContext<Place>({ open: false, setOpen: () => {} });
const panelId = "upload-panel";

/** Connects the button in the page's header with the panel it opens. */
export function UploadPlaceProvider({ initiallyOpen, children }: { initiallyOpen: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(initiallyOpen);
  return <PlaceContext value={{ open, setOpen }}>{children}</PlaceContext>;
}

export function AddPhotosButton() {
  const { open, setOpen } = useContext(PlaceContext);
  return (
    <Button variant="primary" aria-expanded={open} aria-controls={panelId} onClick={() => setOpen(!open)}>
      <ImagePlus aria-hidden />
      Add photos
    </Button>
  );
}

/** Where the upload panel is shown: on demand, when files are dragged over the page, and while an upload runs. */
export function UploadPlace({ collection, children }: { collection: UploadTarget; children: ReactNode }) {
  const { open, setOpen } = useContext(PlaceContext);
  const newest = useUploads().findLast((upload) => upload.collection.slug === collection.slug)?.id;
  const place = useRef<HTMLDivElement>(null);
  const dragging = useFileDrag(() => {
    setOpen(true);
    const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    place.current?.scrollIntoView({ block: "center", behavior: reducedMotion ? "auto" : "smooth" });
  });

  // A new upload, or one that ran while the person was on another page, must be visible.
  useEffect(() => {
    if (newest !== undefined) setOpen(true);
  }, [newest, setOpen]);

  return (
    <>
      {/* Mounted when closed, too: it takes files dropped anywhere on the page. */}
      <div ref={place} id={panelId} className={cn(!open && "hidden")}>
        {children}
      </div>
      {dragging && (
        <div className="pointer-events-none fixed inset-2 z-40 flex animate-fade items-end justify-center rounded-3xl border-2 border-accent border-dashed bg-accent-soft/30 pb-10">
          <p className="max-w-[90%] truncate rounded-full bg-accent px-6 py-3 font-medium text-accent-ink shadow-float">
            Drop to add to {collection.name}
          </p>
        </div>
      )}
    </>
  );
}

/** Whether files are being dragged over the page. */
function useFileDrag(onDrop: () => void): boolean {
  const [dragging, setDragging] = useState(false);
  const dropped = useRef(onDrop);
  useEffect(() => {
    dropped.current = onDrop;
  });
  useEffect(() => {
    let depth = 0;
    const change = (by: number) => (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      depth = Math.max(0, depth + by);
      setDragging(depth > 0);
    };
    const enter = change(1);
    const leave = change(-1);
    const drop = (event: DragEvent) => {
      depth = 0;
      setDragging(false);
      if (event.dataTransfer?.types.includes("Files")) dropped.current();
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return dragging;
}
