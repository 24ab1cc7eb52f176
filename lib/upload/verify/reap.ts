import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { pathOfKey, uploadPrefix } from "@/lib/storage/keys";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/list";
import { abortMultiparts } from "@/lib/storage/multipart";
import { deleteVersions } from "@/lib/storage/objects";
import { deleteFiles } from "../file/rows";
import { grantsOutliveSeconds, pathProblem, uploadFrom } from "../policy";
import { selectPinned } from "./rows";

export type Reaped = { multiparts: number; versions: number; bytes: number; isClean: boolean };

/**
 * Removes what lies under the prefix of an ended upload and is nobody's: multiparts, and versions that no revision pins,
 * rejected ones included: nobody's room holds them, so quotas would hold nothing. What was rejected, and why, is recorded. No
 * revision can be added to an ended upload, so what is not pinned when a page is looked at never will be. Run again, or by
 * two workers at once, it removes what is left. After the last grant has run out the upload counts as clean,
 * and what was registered to it is forgotten.
 * Null when the upload has not ended. Throws AppError UNAVAILABLE, INTERNAL: what was removed by then is gone, nothing else.
 */
export async function reapUpload(viewer: Viewer, uploadId: string, now = new Date()): Promise<Reaped | null> {
  if (viewer.kind !== "system") throw notFound("upload");
  const upload = await db().upload.findFirst({
    where: { id: requireId(uploadId, "upload"), state: { in: [...uploadFrom.reap] } },
    select: { id: true, collectionId: true, endedAt: true },
  });
  if (!upload) return null;
  await db().upload.updateMany({ where: { id: upload.id }, data: { reapTriedAt: now } });
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const reaped: Reaped = { multiparts: await abortMultiparts(prefix), versions: 0, bytes: 0, isClean: false };
  for await (const page of listObjectVersions(prefix)) {
    const left = await unpinned(prefix, page);
    await deleteVersions(left);
    reaped.versions += left.length;
    reaped.bytes += left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
  const endedMs = upload.endedAt?.getTime() ?? now.getTime();
  reaped.isClean = endedMs + grantsOutliveSeconds * 1_000 < now.getTime();
  if (reaped.isClean) {
    await deleteFiles(upload.id);
    await db().upload.updateMany({ where: { id: upload.id, cleanedAt: null }, data: { cleanedAt: now } });
  }
  return reaped;
}

async function unpinned(prefix: string, page: ListedVersion[]): Promise<ListedVersion[]> {
  // Only what may be a media's path is ever pinned, and the database cannot be asked for every other one: it knows no NUL.
  const pinnable = page.filter(({ key }) => pathProblem(pathOfKey(prefix, key)) === null);
  const pinned = await selectPinned(pinnable);
  return page.filter(({ key, versionId }) => !pinned.has(`${versionId} ${key}`));
}
