import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { bucketPermit } from "@/lib/owner/commands";
import { uploadPrefix } from "@/lib/storage/keys";
import { abortMultiparts, deleteVersions } from "@/lib/storage/objects/deletion";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/objects/list";
import { isStorable } from "@/lib/text/policy";
import { deleteFiles } from "../file/rows";
import { uploadFrom } from "../policy";
import { areGrantsOver, nextReapAt } from "./policy";
import { selectPinned } from "./rows";

export type Reaped = { multiparts: number; versions: number; bytes: number; isClean: boolean };

/** An upload whose visit fails comes again this much later, after those that wait. */
const retryAfterMs = 10 * 60 * 1_000;

/**
 * Removes multiparts and versions that no revision pins from the prefix of an ended upload. Rejected files are removed too, as
 * no quota counts them; their rejections stay recorded. No revision is added to an ended upload, so a version that is not
 * pinned when its page is read never will be. Idempotent, also by two workers at once. Deletes the registered files once all
 * grants have expired. The upload stays on the reaper's list until a visit finds nothing when nothing can arrive any more: then
 * it is clean. Returns null when the upload has not ended, or keeps what no revision pins (`keepsUnpinned`). Throws AppError
 * READ_ONLY, UNAVAILABLE, INTERNAL; removals before that stay.
 */
export async function reapUpload(viewer: Viewer, uploadId: string, now = new Date()): Promise<Reaped | null> {
  if (viewer.kind !== "system") throw notFound("upload");
  const where = reapable(requireId(uploadId, "upload"));
  const upload = await db().upload.findFirst({
    where,
    select: { id: true, collectionId: true, endedAt: true },
  });
  if (!upload) return null;
  const { id } = upload;
  // Before anything that may fail: an upload that fails does not delay others.
  await db().upload.updateMany({
    where: { id, reapAt: { not: null } },
    data: { reapAt: new Date(now.getTime() + retryAfterMs) },
  });
  const permit = await bucketPermit(viewer);
  const prefix = uploadPrefix(upload.collectionId, id);
  const reaped: Reaped = { multiparts: await abortMultiparts(permit, prefix), versions: 0, bytes: 0, isClean: false };
  for await (const page of listObjectVersions(prefix)) {
    const left = await unpinned(page);
    // After a look at the owner, which may find a fail-over: then the upload keeps everything.
    await permit.require();
    if (left.length > 0 && (await db().upload.count({ where })) === 0) return null;
    await deleteVersions(permit, left);
    reaped.versions += left.length;
    reaped.bytes += left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
  const endedAt = upload.endedAt ?? now;
  if (areGrantsOver(endedAt, now)) await deleteFiles(id);
  const isEmpty = reaped.versions + reaped.multiparts === 0;
  const reapAt = nextReapAt({ endedAt, now, isEmpty });
  reaped.isClean = reapAt === null;
  // Not `cleaned_at` of an earlier visit: two workers may have been here at once.
  await db().upload.updateMany({
    where: { id, cleanedAt: null },
    data: { reapAt, ...(reapAt === null && { cleanedAt: now }) },
  });
  return reaped;
}

function reapable(id: string) {
  return { id, state: { in: [...uploadFrom.reap] }, keepsUnpinned: false } satisfies Prisma.UploadWhereInput;
}

async function unpinned(page: ListedVersion[]): Promise<ListedVersion[]> {
  // Not the rule for paths: files from before it are pinned where it forbids new ones. PostgreSQL stores no other text.
  const pinned = await selectPinned(page.filter(({ key }) => isStorable(key)));
  return page.filter(({ key, versionId }) => !pinned.has(`${versionId} ${key}`));
}
