import "server-only";
import type { Transaction } from "@/lib/db";
import { headOfMedia } from "@/lib/media/rows";
import { uploadPrefix } from "@/lib/storage/keys";

/** One file of an upload as it was found in the storage. */
export type Found = {
  path: string;
  key: string;
  versionId: string;
  sizeBytes: number;
  etag: string;
  /** As the ETag says it, where it is one. */
  md5: string | null;
  /** What the sender said, as far as it was not refuted. */
  sha256: string | null;
  /** The storage's own. */
  crc64nvme: string | null;
};

type Into = { id: string; collectionId: string; createdById: string | null };

/**
 * Of these files the ones whose bytes their media hold already, by another upload: path → the revision that holds them. These
 * files' objects are given up for it, so a checksum counts only where it was worked out from the bytes held.
 */
export async function selectSame(tx: Transaction, upload: Into, found: Found[]): Promise<Map<string, string>> {
  const rows = await tx.$queryRaw<{ path: string; id: string }[]>`
    SELECT f."path", head."id"
    FROM unnest(${found.map(({ path }) => path)}::text[], ${found.map(({ sizeBytes }) => BigInt(sizeBytes))}::bigint[],
                ${found.map(({ md5 }) => md5)}::text[], ${found.map(({ sha256 }) => sha256)}::text[])
         AS f("path", "size", "md5", "sha256")
    JOIN "media" m ON m."collection_id" = ${upload.collectionId}::uuid AND m."path" = f."path" AND m."deleted_at" IS NULL
    JOIN LATERAL ${headOfMedia} AS head ON true
    WHERE head."upload_id" <> ${upload.id}::uuid AND head."state" <> 'rejected' AND head."size_bytes" = f."size"
      AND (head."md5" = f."md5" OR (head."sha256" = f."sha256" AND head."sha256_proven"))
      AND coalesce(head."sha256" = f."sha256", true) AND coalesce(head."md5" = f."md5", true)`;
  return new Map(rows.map(({ path, id }) => [path, id]));
}

/**
 * Of these paths the ones that this upload has brought to an end: a revision, bytes that are there already, a rejection. What
 * was put there after that, with a grant that is still alive, is not looked at: one file of an upload makes one revision.
 */
export async function selectSettled(
  tx: Transaction,
  { id, collectionId }: Into,
  paths: string[],
): Promise<Set<string>> {
  const prefix = uploadPrefix(collectionId, id);
  const rows = await tx.$queryRaw<{ path: string }[]>`
    SELECT f."path" FROM unnest(${paths}::text[]) AS f("path")
    WHERE EXISTS (SELECT 1 FROM "upload_rejection" r WHERE r."upload_id" = ${id}::uuid AND r."path" = f."path")
      OR EXISTS (SELECT 1 FROM "upload_file" s
                 WHERE s."upload_id" = ${id}::uuid AND s."path" = f."path" AND s."same_as_id" IS NOT NULL)
      OR EXISTS (SELECT 1 FROM "revision" r WHERE r."upload_id" = ${id}::uuid AND r."key" = ${prefix} || f."path")`;
  return new Set(rows.map(({ path }) => path));
}

type Inserted = { id: string; key: string; size_bytes: bigint };

/** Makes media and revisions of files; what an earlier run made is left as it is. Returns what is new. */
export async function insertRevisions(tx: Transaction, upload: Into, found: Found[]): Promise<Inserted[]> {
  if (found.length === 0) return [];
  const paths = found.map(({ path }) => path);
  await tx.$executeRaw`
    INSERT INTO "media" ("collection_id", "path", "created_by_id", "taken_at", "updated_at")
    SELECT ${upload.collectionId}::uuid, "path", ${upload.createdById}::uuid, now(), now()
    FROM unnest(${paths}::text[]) AS incoming("path")
    ON CONFLICT ("collection_id", "path") DO NOTHING`;
  const inserted = await tx.$queryRaw<Inserted[]>`
    INSERT INTO "revision" ("media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag", "md5", "sha256", "crc64nvme")
    SELECT media."id", ${upload.id}::uuid,
           1 + coalesce((SELECT max("number") FROM "revision" WHERE "media_id" = media."id"), 0),
           incoming."key", incoming."version_id", incoming."size_bytes", incoming."etag", incoming."md5",
           incoming."sha256", incoming."crc64nvme"
    FROM unnest(${paths}::text[], ${found.map(({ key }) => key)}::text[], ${found.map(({ versionId }) => versionId)}::text[],
                ${found.map(({ sizeBytes }) => BigInt(sizeBytes))}::bigint[], ${found.map(({ etag }) => etag)}::text[],
                ${found.map(({ md5 }) => md5)}::text[], ${found.map(({ sha256 }) => sha256)}::text[],
                ${found.map(({ crc64nvme }) => crc64nvme)}::text[])
         AS incoming("path", "key", "version_id", "size_bytes", "etag", "md5", "sha256", "crc64nvme")
    JOIN "media" AS media ON media."collection_id" = ${upload.collectionId}::uuid AND media."path" = incoming."path"
    ON CONFLICT ("key", "version_id") DO NOTHING
    RETURNING "id", "key", "size_bytes"`;
  await showNewMedia(
    tx,
    upload.collectionId,
    inserted.map(({ id }) => id),
  );
  return inserted;
}

/**
 * A revision that is new is shown at once where there is nothing better: by a new media, one whose current revision is
 * broken, and one in the trash, which comes back with it and never with what was removed. Only for rows this run inserted: a
 * page that is run again must not undo what happened to its media since.
 */
async function showNewMedia(tx: Transaction, collectionId: string, revisionIds: string[]): Promise<void> {
  await tx.$executeRaw`
    WITH shown AS (
      SELECT m."id", fresh."id" AS "fresh_id", fresh."number", fresh."size_bytes", m."deleted_at" IS NOT NULL AS "was_trashed",
             cur."id" IS NOT NULL AND m."deleted_at" IS NULL AS "was_shown", coalesce(cur."size_bytes", 0) AS "was_bytes"
      FROM "revision" fresh JOIN "media" m ON m."id" = fresh."media_id"
      LEFT JOIN "revision" cur ON cur."id" = m."current_revision_id"
      WHERE fresh."id" = ANY(${revisionIds}::uuid[])
        AND (cur."id" IS NULL OR m."deleted_at" IS NOT NULL OR cur."state" = 'rejected')
    ), changed AS (
      UPDATE "media" m SET
        "current_revision_id" = shown."fresh_id", "deleted_at" = NULL, "trashed_by_undo" = false,
        "removed_to" = CASE WHEN shown."was_trashed" AND NOT m."trashed_by_undo" THEN shown."number" - 1 ELSE m."removed_to" END,
        "taken_at" = CASE WHEN shown."was_trashed" THEN m."created_at" ELSE m."taken_at" END,
        "latitude" = NULL, "longitude" = NULL, "updated_at" = now()
      FROM shown WHERE m."id" = shown."id"
    ), total AS (
      SELECT count(*) FILTER (WHERE NOT "was_shown") AS "files",
             coalesce(sum("size_bytes" - CASE WHEN "was_shown" THEN "was_bytes" ELSE 0 END), 0) AS "bytes"
      FROM shown
    )
    UPDATE "collection" SET "media_count" = "media_count" + total."files", "size_bytes" = "size_bytes" + total."bytes"
    FROM total WHERE "collection"."id" = ${collectionId}::uuid`;
}
