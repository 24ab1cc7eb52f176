import { useEffect, useState } from "react";
import { type Memory, mayRead, memoryOf } from "@/lib/uploader/browser/remember";
import { walkHandles } from "@/lib/uploader/browser/walk-handles";
import type { Found } from "../drop/found-files";
import { asChosen } from "../drop/system-files";
import type { UploadTarget } from "./uploads-store";

let memory: Memory | null = null;

/** The uploads that this browser remembers. */
export function browserMemory(): Memory {
  memory ??= memoryOf();
  return memory;
}

type Remembered = Awaited<ReturnType<Memory["of"]>>[number];

/** What this browser remembers of an upload begun earlier; null without handles that can be opened again. */
export async function rememberedOf({ slug, uploaderId }: UploadTarget, uploadId: string): Promise<Remembered | null> {
  const all = await browserMemory().of(uploaderId, slug);
  return all.find((one) => one.uploadId === uploadId && one.roots.length > 0) ?? null;
}

/** The same as a hook; null also while it is being read. */
export function useRemembered({ slug, name, uploaderId }: UploadTarget, uploadId: string): Remembered | null {
  const [remembered, setRemembered] = useState<Remembered | null>(null);
  useEffect(() => {
    let gone = false;
    void rememberedOf({ slug, name, uploaderId }, uploadId).then((own) => {
      if (!gone) setRemembered(own);
    });
    return () => {
      gone = true;
    };
  }, [slug, name, uploaderId, uploadId]);
  return remembered;
}

/** Returns its files once the person permits the browser to open them, null if not. To be called in a click. */
export async function reopen({ roots, label }: Remembered): Promise<Found | null> {
  const readable = await mayRead(roots).catch(() => false);
  return readable
    ? { batches: asChosen(walkHandles(roots)), folder: label || null, handles: Promise.resolve(roots) }
    : null;
}
