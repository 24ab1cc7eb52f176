import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { abortMultiparts, deleteVersions } from "@/lib/storage/deletion";
import { pathOfKey, uploadPrefix } from "@/lib/storage/keys";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/list";
import { deleteFiles } from "../file/rows";
import { grantsOutliveSeconds, pathProblem, uploadFrom } from "../policy";
import { selectPinned } from "./rows";

export type Reaped = { multiparts: number; versions: number; bytes: number; isClean: boolean };

/**
 * Removes multiparts and versions that no revision pins from the prefix of an ended upload. Rejected files are removed too, as
 * no quota counts them; their rejections stay recorded. No revision is added to an ended upload, so a version that is not
 * pinned when its page is read never will be. Idempotent, also by two workers at once. Once the last grant has expired, marks
 * the upload as clean and deletes its registered files. Returns null when the upload has not ended. Throws AppError
 * UNAVAILABLE, INTERNAL; removals before that stay.
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
  // Only valid paths are ever pinned, and PostgreSQL refuses a NUL in a parameter.
  const pinnable = page.filter(({ key }) => pathProblem(pathOfKey(prefix, key)) === null);
  const pinned = await selectPinned(pinnable);
  return page.filter(({ key, versionId }) => !pinned.has(`${versionId} ${key}`));
}
