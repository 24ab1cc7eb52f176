import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { uploadPrefix } from "@/lib/storage/keys";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { uploadPolicy } from "./policy";
import { allows, ended, largeUploads } from "./rows";
import type { UnfinishedUpload, UploadStatus } from "./schema";

const maxRejectedShown = 1_000;
/** The arrived files of an open upload are counted from so many pages of the listing: each is a call to the storage. */
const maxArrivedPages = 3;

/** The uploads the viewer may resume: their own, while they may upload to the collection. */
export function ownUploadsWhere(viewer: Viewer): Prisma.UploadWhereInput {
  if (viewer.kind === "anonymous") return { id: { in: [] } };
  const collection = collectionsWhere(viewer, "upload");
  return viewer.kind === "system" ? { collection } : { createdById: viewer.userId, collection };
}

/** The uploads the viewer may see: their own, and all of a collection whose media they may edit. */
export function visibleUploadsWhere(viewer: Viewer): Prisma.UploadWhereInput {
  if (viewer.kind === "anonymous") return { id: { in: [] } };
  return { OR: [ownUploadsWhere(viewer), { collection: collectionsWhere(viewer, "editMedia") }] };
}

const openSelect = {
  id: true,
  collectionId: true,
  createdById: true,
  checksum: true,
  state: true,
  createdAt: true,
  expiresAt: true,
  overSince: true,
  endReason: true,
} satisfies Prisma.UploadSelect;
export type OpenUpload = Prisma.UploadGetPayload<{ select: typeof openSelect }>;

/** Returns the viewer's own upload while files may be sent to it. Throws NOT_FOUND, CONFLICT, GONE. */
export async function openUploadOf(viewer: Viewer, uploadId: string): Promise<OpenUpload> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, ownUploadsWhere(viewer)] },
    select: openSelect,
  });
  if (!upload) throw notFound("upload");
  const { state, endReason } = upload;
  if (!allows(state, "send")) throw ended(state, endReason);
  if (upload.expiresAt <= new Date()) throw ended("expired", endReason);
  return upload;
}

const statusSelect = {
  id: true,
  collectionId: true,
  label: true,
  state: true,
  createdAt: true,
  expiresAt: true,
  plannedFiles: true,
  plannedBytes: true,
  endReason: true,
  undo: { select: { at: true, redoneAt: true } },
  registeredFiles: true,
  verifiedFiles: true,
  verifiedBytes: true,
  rejectedFiles: true,
} satisfies Prisma.UploadSelect;

/** Returns the state and the counts of an upload. Throws NOT_FOUND. */
export async function uploadStatus(viewer: Viewer, uploadId: string): Promise<UploadStatus> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, visibleUploadsWhere(viewer)] },
    select: statusSelect,
  });
  if (!upload) throw notFound("upload");
  return describeUpload(upload);
}

/** Returns the viewer's own unfinished uploads into a collection, newest first; `uploadStatus` says how far each is. */
export async function unfinishedUploads(viewer: Viewer, collectionSlug: string): Promise<UnfinishedUpload[]> {
  if (!isSlug(collectionSlug)) return [];
  const uploads = await db().upload.findMany({
    where: {
      AND: [{ collection: { slug: collectionSlug }, state: { in: ["open", "sealed"] } }, ownUploadsWhere(viewer)],
    },
    select: { id: true, state: true, createdAt: true, plannedFiles: true },
    orderBy: { createdAt: "desc" },
    take: 5,
  });
  return uploads.map(({ createdAt, ...upload }) => ({ ...upload, createdAt: createdAt.toISOString() }));
}

/** Returns sealed uploads for the worker's sweep, queued or not: untried ones first, then by the time of the last attempt. */
export async function uploadsToVerify(viewer: Viewer, limit: number) {
  if (viewer.kind !== "system") throw notFound("upload");
  const uploads = await db().upload.findMany({
    where: { state: "sealed" },
    select: { id: true, createdById: true },
    orderBy: [{ verifyTriedAt: { sort: "asc", nulls: "first" } }, { sealedAt: "asc" }],
    take: limit,
  });
  const large = await largeUploads(uploads.map(({ id }) => id));
  return uploads.map(({ id, createdById }) => ({ id, isLarge: large.has(id), personId: createdById }));
}

type StatusRow = Prisma.UploadGetPayload<{ select: typeof statusSelect }>;

async function describeUpload(upload: StatusRow): Promise<UploadStatus> {
  const { id, label, state, plannedFiles, plannedBytes, endReason, undo } = upload;
  return {
    ...{ id, label, state, plannedFiles },
    ...(endReason === null ? {} : { endReason }),
    createdAt: upload.createdAt.toISOString(),
    expiresAt: upload.expiresAt.toISOString(),
    plannedBytes: plannedBytes === null ? null : Number(plannedBytes),
    undoneAt: undo && !undo.redoneAt ? undo.at.toISOString() : null,
    ...(await (state === "open" ? countOpen(upload) : countSealed(upload))),
  };
}

type Counted = Pick<UploadStatus, "files" | "bytes" | "rejected" | "registeredFiles" | "isAtLeast">;

async function countOpen({ id: uploadId, collectionId }: StatusRow): Promise<Counted> {
  const [arrived, registeredFiles, known] = await Promise.all([
    countArrived(uploadPrefix(collectionId, uploadId)),
    db().uploadFile.count({ where: { uploadId, canceledAt: null } }),
    // Files that need not be sent count as arrived.
    db().uploadFile.count({ where: { uploadId, OR: [{ copyOfId: { not: null } }, { sameAsId: { not: null } }] } }),
  ]);
  const { files, bytes, isAtLeast } = arrived;
  const total = files + known;
  const counted = { files: { total, verified: 0, rejected: 0, pending: total }, bytes, rejected: [], registeredFiles };
  return isAtLeast ? { ...counted, isAtLeast } : counted;
}

/** Reads counters and short index ranges only: clients poll this while an upload is verified. */
async function countSealed(upload: StatusRow): Promise<Counted> {
  const { id: uploadId, state, registeredFiles, plannedFiles, rejectedFiles } = upload;
  const [pending, unreadable, rejected] = await Promise.all([
    db().revision.count({ where: { uploadId, state: "pending" } }),
    db().revision.count({ where: { uploadId, state: "rejected" } }),
    selectRejected(uploadId),
  ]);
  const recorded = upload.verifiedFiles + rejectedFiles;
  // While the upload is being verified, registered files that are not recorded yet are pending.
  const total = state === "sealed" ? Math.max(recorded, registeredFiles ?? 0, plannedFiles ?? 0) : recorded;
  return {
    files: {
      total,
      verified: upload.verifiedFiles - unreadable,
      rejected: rejectedFiles + unreadable,
      pending: total - recorded + pending,
    },
    bytes: Number(upload.verifiedBytes),
    rejected,
    ...(registeredFiles === null ? {} : { registeredFiles }),
  };
}

async function selectRejected(uploadId: string): Promise<UploadStatus["rejected"]> {
  const [refused, unreadable] = await Promise.all([
    db().uploadRejection.findMany({
      where: { uploadId },
      select: { path: true, reason: true },
      take: maxRejectedShown,
    }),
    db().revision.findMany({
      where: { uploadId, state: "rejected" },
      select: { rejectReason: true, media: { select: { path: true } } },
      take: maxRejectedShown,
    }),
  ]);
  return [
    ...refused,
    ...unreadable.map(({ rejectReason, media }) => ({ path: media.path, reason: rejectReason ?? "" })),
  ].slice(0, maxRejectedShown);
}

/** Returns ended uploads for the worker's sweep that the reaper is to visit now, longest due first. None of which all is kept. */
export async function uploadsToReap(viewer: Viewer, limit: number, now = new Date()): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("upload");
  const uploads = await db().upload.findMany({
    where: { reapAt: { lte: now }, keepsUnpinned: false },
    select: { id: true },
    orderBy: { reapAt: "asc" },
    take: limit,
  });
  return uploads.map(({ id }) => id);
}

/**
 * Returns open uploads for the worker's sweep whose stored bytes are to be measured: those of accounts with a quota, not measured
 * for a while, unmeasured ones first. Those that were left open without a new policy are measured rarely.
 */
export async function uploadsToMeasure(viewer: Viewer, limit: number, now = new Date()): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("upload");
  const { measureEverySeconds, measureIdleEverySeconds, idleAfterSeconds } = uploadPolicy;
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
  // One that is over is looked at until it is ended, although it gets no more policies.
  const isActive = {
    OR: [
      { grantedAt: { gt: ago(idleAfterSeconds) } },
      { credentialsUntil: { gt: ago(measureEverySeconds) } },
      { overSince: { not: null } },
    ],
  };
  const hasQuota = { quotaBytes: { not: null } };
  const uploads = await db().upload.findMany({
    where: {
      state: "open",
      AND: [
        {
          OR: [
            { measuredAt: null },
            { measuredAt: { lte: ago(measureEverySeconds) }, AND: isActive },
            { measuredAt: { lte: ago(measureIdleEverySeconds) } },
          ],
        },
        // One that is over stops its person's other uploads: it is measured again where the quota was lifted.
        { OR: [{ collection: hasQuota }, { createdBy: hasQuota }, { overSince: { not: null } }] },
      ],
    },
    select: { id: true },
    orderBy: { measuredAt: { sort: "asc", nulls: "first" } },
    take: limit,
  });
  return uploads.map(({ id }) => id);
}

async function countArrived(prefix: string): Promise<{ files: number; bytes: number; isAtLeast: boolean }> {
  const arrived = { files: 0, bytes: 0, isAtLeast: false };
  let pages = 0;
  for await (const page of listObjectVersions(prefix)) {
    if (pages === maxArrivedPages) return { ...arrived, isAtLeast: true };
    for (const version of page) {
      if (!version.isLatest) continue;
      arrived.files += 1;
      arrived.bytes += version.sizeBytes;
    }
    pages += 1;
  }
  return arrived;
}
