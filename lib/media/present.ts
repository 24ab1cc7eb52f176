import "server-only";
import { type DerivedSize, derivedKey } from "@/lib/storage/keys";
import type { ViewSigner } from "@/lib/storage/view";
import type { MediaRow } from "./rows";
import type { MediaItem } from "./schema";

/** Which derivative stands behind each name a URL can have. */
export const derivedSizeOf = { thumb: 200, card: 800, preview: 1600 } as const satisfies Record<string, DerivedSize>;

export function derivedObject(derivedId: string, name: keyof typeof derivedSizeOf) {
  return { key: derivedKey(derivedId, derivedSizeOf[name]), contentType: "image/webp" };
}

/** The revision that was verified, and no other: a version added later under the same key is never shown. */
export function originalObject(row: MediaRow) {
  const contentType = row.state === "ready" && row.content_type ? row.content_type : "application/octet-stream";
  return { key: row.key, versionId: row.version_id, contentType };
}

/** An id is reserved while the worker is at it: there is something behind it only when the revision is ready. */
export function derivedIdOf(row: MediaRow): string | null {
  return row.state === "ready" ? row.derived_id : null;
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A row as the gallery's DTO. `originals` is false for outsiders of a preview collection: they get the small thumbnail and its day. */
export function toItem(row: MediaRow, originals: boolean, sign: ViewSigner): MediaItem {
  const derivedId = derivedIdOf(row);
  const thumb = derivedId ? { thumb: sign(derivedObject(derivedId, "thumb")) } : {};
  const larger = derivedId
    ? { card: sign(derivedObject(derivedId, "card")), preview: sign(derivedObject(derivedId, "preview")) }
    : {};
  const originalUrl = originals ? { original: sign(originalObject(row)), ...larger } : {};
  const { id, state, width, height } = row;
  const shared = { id, state, width, height, urls: { ...thumb, ...originalUrl } };
  // Names, times to the second and sizes tell as much as the picture does.
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
