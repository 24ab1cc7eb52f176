import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { uploadPrefix } from "@/lib/storage/keys";
import { listObjectVersions } from "@/lib/storage/list";
import type { UnfinishedUpload, UploadStatus } from "./schema";

const maxRejectedShown = 1_000;
/** Of an open upload the arrived files are counted from the listing, as far as this. */
const maxArrivedPages = 50;

/** Uploads the viewer may go on with: their own, while they may upload there. */
export function ownUploadsWhere(viewer: Viewer): Prisma.UploadWhereInput {
  if (viewer.kind === "anonymous") return { id: { in: [] } };
  const collection = collectionsWhere(viewer, "upload");
  return viewer.kind === "system" ? { collection } : { createdById: viewer.userId, collection };
}

/** Uploads the viewer may look at: their own, and all of a collection whose media they may edit. */
export function visibleUploadsWhere(viewer: Viewer): Prisma.UploadWhereInput {
  if (viewer.kind === "anonymous") return { id: { in: [] } };
  return { OR: [ownUploadsWhere(viewer), { collection: collectionsWhere(viewer, "editMedia") }] };
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
} satisfies Prisma.UploadSelect;

export async function uploadStatus(viewer: Viewer, uploadId: string): Promise<UploadStatus> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, visibleUploadsWhere(viewer)] },
    select: statusSelect,
  });
  if (!upload) throw notFound("upload");
  return countFiles(upload);
}

/** The viewer's own uploads into a collection that are not finished, newest first; `uploadStatus` says how far each is. */
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

/** For the worker's sweep: sealed and not verified, whether queued or not. */
export async function uploadsToVerify(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("upload");
  const uploads = await db().upload.findMany({
    where: { state: "sealed" },
    select: { id: true },
    orderBy: { sealedAt: "asc" },
    take: limit,
  });
  return uploads.map(({ id }) => id);
}

type StatusRow = Prisma.UploadGetPayload<{ select: typeof statusSelect }>;

async function countFiles({ collectionId, ...upload }: StatusRow): Promise<UploadStatus> {
  const [byState, unreadable, badPaths, badPathCount] = await Promise.all([
    db().revision.groupBy({ by: ["state"], where: { uploadId: upload.id }, _count: true, _sum: { sizeBytes: true } }),
    db().revision.findMany({
      where: { uploadId: upload.id, state: "rejected" },
      select: { rejectReason: true, media: { select: { path: true } } },
      take: maxRejectedShown,
    }),
    db().uploadRejection.findMany({
      where: { uploadId: upload.id },
      select: { path: true, reason: true },
      take: maxRejectedShown,
    }),
    db().uploadRejection.count({ where: { uploadId: upload.id } }),
  ]);
  const counted = (state: string) => byState.find((row) => row.state === state)?._count ?? 0;
  const verifiedBytes = byState.reduce((sum, row) => sum + Number(row._sum.sizeBytes ?? 0), 0);
  const arrived = upload.state === "open" ? await countArrived(uploadPrefix(collectionId, upload.id)) : null;
  const rejectedFiles = counted("rejected") + badPathCount;
  const recordedFiles = byState.reduce((sum, row) => sum + row._count, 0) + badPathCount;
  return {
    ...upload,
    createdAt: upload.createdAt.toISOString(),
    expiresAt: upload.expiresAt.toISOString(),
    plannedBytes: upload.plannedBytes === null ? null : Number(upload.plannedBytes),
    files: {
      total: arrived?.files ?? recordedFiles,
      verified: recordedFiles - rejectedFiles,
      rejected: rejectedFiles,
      pending: arrived?.files ?? counted("pending"),
    },
    bytes: arrived?.bytes ?? verifiedBytes,
    rejected: [
      ...badPaths,
      ...unreadable.map(({ rejectReason, media }) => ({ path: media.path, reason: rejectReason ?? "" })),
    ].slice(0, maxRejectedShown),
  };
}

async function countArrived(prefix: string): Promise<{ files: number; bytes: number }> {
  const arrived = { files: 0, bytes: 0 };
  let pages = 0;
  for await (const page of listObjectVersions(prefix)) {
    for (const version of page) {
      if (!version.isLatest) continue;
      arrived.files += 1;
      arrived.bytes += version.sizeBytes;
    }
    pages += 1;
    if (pages === maxArrivedPages) break;
  }
  return arrived;
}
