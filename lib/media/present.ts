import "server-only";
import { type DerivedSize, derivedKey } from "@/lib/storage/keys";
import type { ViewSigner } from "@/lib/storage/view";
import type { MediaRow } from "./rows";
import type { MediaItem } from "./schema";

/** The derivative for each variant of a URL, by its longer edge in pixels. */
export const derivedSizeOf = { thumb: 200, card: 800, preview: 1600 } as const satisfies Record<string, DerivedSize>;

export function derivedObject(derivedId: string, name: keyof typeof derivedSizeOf) {
  return { key: derivedKey(derivedId, derivedSizeOf[name]), contentType: "image/webp" };
}

/** Returns the verified version of a media's original: a version added later under the same key is never shown. */
export function originalObject(row: MediaRow) {
  const contentType = row.state === "ready" && row.content_type ? row.content_type : "application/octet-stream";
  return { key: row.key, versionId: row.version_id, contentType };
}

/** Returns the id of a media's derivatives; null while they are being made, when the id is only reserved. */
export function derivedIdOf(row: MediaRow): string | null {
  return row.state === "ready" ? row.derived_id : null;
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Returns a row as the gallery's DTO. Without `originals`, as outsiders see a preview collection: the thumbnail and the day. */
export function toItem(row: MediaRow, originals: boolean, sign: ViewSigner): MediaItem {
  const derivedId = derivedIdOf(row);
  const thumb = derivedId ? { thumb: sign(derivedObject(derivedId, "thumb")) } : {};
  const larger = derivedId
    ? { card: sign(derivedObject(derivedId, "card")), preview: sign(derivedObject(derivedId, "preview")) }
    : {};
  const originalUrl = originals ? { original: sign(originalObject(row)), ...larger } : {};
  const { id, state, width, height } = row;
  const shared = { id, state, width, height, urls: { ...thumb, ...originalUrl } };
  // Names, exact times and sizes reveal as much as the picture.
  if (!originals) {
    const takenAt = `${row.taken_at.toISOString().slice(0, 10)}T00:00:00.000Z`;
    return { ...shared, path: "", title: null, takenAt, rejectReason: null, contentType: null, sizeBytes: null };
  }
  return {
    ...shared,
    path: row.path,
    title: row.title,
    takenAt: row.taken_at.toISOString(),
    rejectReason: row.reject_reason,
    contentType: row.content_type,
    sizeBytes: Number(row.size_bytes),
  };
}
