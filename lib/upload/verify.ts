import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Prisma, type Transaction } from "@/lib/db";
import { notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockCollection, patience } from "@/lib/media/rows";
import { pathOfKey, uploadPrefix } from "@/lib/storage/keys";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/list";
import { pathProblem, sizeProblem } from "./policy";

type Sealed = Prisma.UploadGetPayload<{ select: typeof sealedSelect }>;
type Found = ListedVersion & { path: string };
type Rejection = { path: string; sizeBytes: number; reason: string };

const sealedSelect = { id: true, collectionId: true, createdById: true, conflict: true } as const;

/**
 * Turns what lies under a sealed upload's prefix into media, from the listing alone: one list call per 1,000 files.
 * The latest version of each key is pinned; whatever a replayed policy adds later changes nothing.
 * Every page is one transaction and can be run again: a crash half-way costs only the page it was in.
 * `onVerified` gets the revisions of each page that wait to be derived, after the page is committed.
 */
export async function verifyUpload(
  viewer: Viewer,
  uploadId: string,
  onVerified: (revisionIds: string[]) => Promise<void>,
): Promise<void> {
  if (viewer.kind !== "system") throw notFound("upload");
  const upload = await db().upload.findFirst({ where: { id: uploadId, state: "sealed" }, select: sealedSelect });
  if (!upload) return; // Verified by another run, or aborted since it was queued.
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  for await (const page of listObjectVersions(prefix)) {
    const pending = await verifyPage(upload, prefix, page);
    if (pending === null) return; // Aborted, or verified by another run, while this one was at it.
    if (pending.length > 0) await onVerified(pending);
  }
  await finish(viewer, upload);
}

async function verifyPage(upload: Sealed, prefix: string, page: ListedVersion[]): Promise<string[] | null> {
  const found: Found[] = [];
  const rejections: Rejection[] = [];
  for (const version of page) {
    if (!version.isLatest) continue;
    const path = pathOfKey(prefix, version.key);
    const reason = pathProblem(path) ?? sizeProblem(version.sizeBytes);
    if (reason === null) found.push({ ...version, path });
    else rejections.push({ path: printable(path), sizeBytes: version.sizeBytes, reason });
  }
  return db().$transaction(async (tx) => {
    await lockCollection(tx, upload.collectionId);
    const still = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM "upload" WHERE "id" = ${upload.id}::uuid AND "state" = 'sealed' FOR SHARE`;
    if (still.length === 0) return null;
    const { accepted, refused } = await applyConflict(tx, upload, found);
    await tx.uploadRejection.createMany({
      data: [...rejections, ...refused].map((rejection) => ({ ...rejection, uploadId: upload.id })),
      skipDuplicates: true,
    });
    return insertRevisions(tx, upload, accepted);
  }, patience);
}

/** Control characters would break the log line or the terminal that shows the path. */
function printable(path: string): string {
  return path.replaceAll(/\p{C}/gu, "\ufffd").slice(0, 1_024);
}

async function applyConflict(tx: Transaction, upload: Sealed, found: Found[]) {
  if (upload.conflict === "revision") return { accepted: found, refused: [] };
  const taken = await tx.media.findMany({
    where: {
      collectionId: upload.collectionId,
      deletedAt: null,
      path: { in: found.map(({ path }) => path) },
      revisions: { none: { uploadId: upload.id } },
    },
    select: { path: true },
  });
  const takenPaths = new Set(taken.map(({ path }) => path));
  const reason =
    upload.conflict === "skip"
      ? "There is a file at this path already; it was left as it is."
      : "There is a file at this path already, and this upload was to fail in that case. The file there is unchanged.";
  return {
    accepted: found.filter(({ path }) => !takenPaths.has(path)),
    refused: found
      .filter(({ path }) => takenPaths.has(path))
      .map(({ path, sizeBytes }) => ({ path, sizeBytes, reason })),
  };
}

/** Returns the ids of the page's revisions that wait to be derived, the ones of an earlier run included. */
async function insertRevisions(tx: Transaction, upload: Sealed, found: Found[]): Promise<string[]> {
  if (found.length === 0) return [];
  const paths = found.map(({ path }) => path);
  const keys = found.map(({ key }) => key);
  const versionIds = found.map(({ versionId }) => versionId);
  const sizes = found.map(({ sizeBytes }) => BigInt(sizeBytes));
  const etags = found.map(({ etag }) => etag);
  await tx.$executeRaw`
    INSERT INTO "media" ("collection_id", "path", "created_by_id", "taken_at", "updated_at")
    SELECT ${upload.collectionId}::uuid, "path", ${upload.createdById}::uuid, now(), now()
    FROM unnest(${paths}::text[]) AS incoming("path")
    ON CONFLICT ("collection_id", "path") DO NOTHING`;
  // A single-part ETag is the body's MD5 (without SSE-KMS); a multipart one ends in -N.
  const inserted = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO "revision" ("media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag", "md5")
    SELECT media."id", ${upload.id}::uuid,
           1 + coalesce((SELECT max("number") FROM "revision" WHERE "media_id" = media."id"), 0),
           incoming."key", incoming."version_id", incoming."size_bytes", incoming."etag",
           CASE WHEN incoming."etag" ~ '^[0-9a-f]{32}$' THEN incoming."etag" END
    FROM unnest(${paths}::text[], ${keys}::text[], ${versionIds}::text[], ${sizes}::bigint[], ${etags}::text[])
         AS incoming("path", "key", "version_id", "size_bytes", "etag")
    JOIN "media" AS media ON media."collection_id" = ${upload.collectionId}::uuid AND media."path" = incoming."path"
    ON CONFLICT ("key", "version_id") DO NOTHING
    RETURNING "id"`;
  await showNewMedia(
    tx,
    upload.collectionId,
    inserted.map(({ id }) => id),
  );
  const pending = await tx.revision.findMany({
    where: { uploadId: upload.id, state: "pending", key: { in: keys } },
    select: { id: true },
  });
  return pending.map(({ id }) => id);
}

/**
 * A media's first revision is its current one at once; a media in the trash comes back as it was. Only for rows this run
 * inserted: a page that is run again must not undo what happened to its media since.
 */
async function showNewMedia(tx: Transaction, collectionId: string, revisionIds: string[]): Promise<void> {
  await tx.$executeRaw`
    WITH shown AS (
      UPDATE "media"
      SET "current_revision_id" = coalesce("media"."current_revision_id", fresh."id"), "deleted_at" = NULL, "updated_at" = now()
      FROM "revision" AS fresh
      WHERE fresh."id" = ANY(${revisionIds}::uuid[]) AND fresh."media_id" = "media"."id"
        AND ("media"."current_revision_id" IS NULL OR "media"."deleted_at" IS NOT NULL)
      RETURNING "media"."current_revision_id" AS "id"
    ), total AS (
      SELECT count(*) AS "files", coalesce(sum(r."size_bytes"), 0) AS "bytes"
      FROM shown JOIN "revision" r ON r."id" = shown."id"
    )
    UPDATE "collection" SET "media_count" = "media_count" + total."files", "size_bytes" = "size_bytes" + total."bytes"
    FROM total WHERE "collection"."id" = ${collectionId}::uuid`;
}

async function finish(viewer: Viewer, upload: Sealed): Promise<void> {
  await db().$transaction(async (tx) => {
    const totals = await tx.revision.aggregate({
      where: { uploadId: upload.id },
      _count: true,
      _sum: { sizeBytes: true },
    });
    const { count } = await tx.upload.updateMany({
      where: { id: upload.id, state: "sealed" },
      data: {
        state: "verified",
        endedAt: new Date(),
        verifiedFiles: totals._count,
        verifiedBytes: totals._sum.sizeBytes ?? 0n,
      },
    });
    if (count === 0) return;
    await recordEvent(tx, viewer, {
      action: "upload.verified",
      subjectType: "upload",
      subjectId: upload.id,
      collectionId: upload.collectionId,
      detail: { files: totals._count, bytes: Number(totals._sum.sizeBytes ?? 0n) },
    });
  }, patience);
}
