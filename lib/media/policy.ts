/** Items on a page of the gallery, and the most that a program may request at once. */
export const pageSize = { gallery: 60, max: 200 } as const;

/** Of the larger side of a thumbnail: all that outsiders of a preview collection see of a picture. */
export const thumbPixels = 200;

/** Returns the size of a picture within a square of `sidePixels`. Derivatives are never enlarged. */
export function fitWithin(width: number, height: number, sidePixels: number): { width: number; height: number } {
  const scale = Math.min(1, sidePixels / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The rules by which date and position of a revision are read. The worker reads again what older rules read. Who raises it makes the
 * index `revision_metadata_outdated_idx` anew.
 */
export const metadataVersion = 2;

/** The rules by which a picture is decoded. */
export const pictureVersion = 2;

/**
 * The oldest rules that decode pictures of a type as today's do. The worker derives again what older ones decoded. Who changes it makes
 * the index `revision_picture_outdated_idx` anew.
 */
export const oldestPictureVersions = { byType: { "image/tiff": 2 } as Record<string, number>, ofOthers: 1 } as const;

/** Tells whether a picture was decoded by rules that today's decode otherwise. */
export function isPictureOutdated(revision: { pictureVersion: number; contentType: string | null }): boolean {
  const { byType, ofOthers } = oldestPictureVersions;
  return revision.pictureVersion < (byType[revision.contentType ?? ""] ?? ofOthers);
}

/**
 * Returns a moment as the camera's clock showed it, as if the clock were UTC. Without an offset the moment is one already: its
 * instant is unknown.
 */
export function wallClock(takenAt: Date, takenOffsetMinutes: number | null): Date {
  return new Date(takenAt.getTime() + (takenOffsetMinutes ?? 0) * 60_000);
}

type Bytes = { contentType: string | null; md5?: string; sha256?: string };
type OtherBytes = Bytes & { state: "rejected"; reason: string; metadata?: undefined };

/** Returns a rejection in place of what was found in bytes that are not those that their sender announced. */
export function rejectOtherBytes<Found extends Bytes>(claimedSha256: string | null, found: Found): Found | OtherBytes {
  const { md5, sha256, contentType } = found;
  if (claimedSha256 === null || sha256 === undefined || claimedSha256 === sha256) return found;
  const reason = "The bytes in the storage are not those that were sent. Upload the file again.";
  return { state: "rejected", contentType, reason, sha256, ...(md5 ? { md5 } : {}) };
}

/** Returns the URL of the picture that a media's page shows first; undefined where it has none. */
export function viewedUrl({
  preview,
  thumb,
}: {
  preview?: string | undefined;
  thumb?: string | undefined;
}): string | undefined {
  return preview ?? thumb;
}
