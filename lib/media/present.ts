import "server-only";
import type { ViewSigner } from "@/lib/storage/presigned/view";
import type { SeenMedia } from "./rows";
import type { MediaItem } from "./schema";

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Returns the name of a derivative that is saved as a file: its bytes are WebP, whatever the original's are. */
export function derivativeName(media: SeenMedia): string {
  const stem = media.originals ? fileName(media.path).replace(/(?<=.)\.[^.]*$/u, "") : "picture";
  return `${stem}.webp`;
}

/** Returns a media as the gallery's DTO. What outsiders do not learn is empty or null in it, and the time is that of the day. */
export function toItem(media: SeenMedia, sign: ViewSigner): MediaItem {
  const { id, state, width, height, objects } = media;
  const signed = Object.entries(objects).map(([variant, object]) => [variant, sign(object)]);
  const item = { id, state, width, height, urls: Object.fromEntries(signed) as MediaItem["urls"] };
  if (!media.originals) {
    const takenAt = `${media.takenOn}T00:00:00.000Z`;
    const taken = { takenAt, takenKnown: false, takenOffsetMinutes: null };
    const unsaid = { rejectReason: null, warning: null, displayNote: null, contentType: null, sizeBytes: null };
    return { ...item, ...taken, ...unsaid, path: "", title: null };
  }
  const { path, title, takenAt, takenKnown, takenOffsetMinutes } = media;
  const { rejectReason, warning, displayNote, contentType, sizeBytes } = media;
  const taken = { takenAt: takenAt.toISOString(), takenKnown, takenOffsetMinutes };
  return { ...item, ...taken, path, title, rejectReason, warning, displayNote, contentType, sizeBytes };
}
