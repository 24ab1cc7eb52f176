import "server-only";
import { Prisma, type Transaction } from "@/lib/db";

/** A file of an upload as it was found in the storage. */
export type Found = {
  path: string;
  key: string;
  versionId: string;
  sizeBytes: number;
  etag: string;
  /** From the ETag, where that is an MD5. */
  md5: string | null;
  /** The sender's claim, unless it was refuted. */
  sha256: string | null;
  /** As the storage computed it. */
  crc64nvme: string | null;
};

/** Whether the upload with this id is undone. One that is being redone is not. */
const isUndone = (uploadId: Prisma.Sql) => Prisma.sql`EXISTS (
  SELECT 1 FROM "upload_undo" d WHERE d."upload_id" = ${uploadId} AND d."redone_at" IS NULL
)`;

/**
 * Whether revision `name` is wanted: the upload that made it is not undone, or another upload that is not undone brought the
 * same bytes since. Undoing an upload has the effect that it alone never was: bytes that another one brought as well stay.
 */
const isWanted = (name: "r" | "cur") => {
  const revision = Prisma.raw(`"${name}"`);
  return Prisma.sql`(
    NOT ${isUndone(Prisma.sql`${revision}."upload_id"`)}
    OR EXISTS (
      SELECT 1 FROM "upload_file" f JOIN "upload" u ON u."id" = f."upload_id"
      WHERE f."same_as_id" = ${revision}."id" AND u."sealed_at" IS NOT NULL AND NOT ${isUndone(Prisma.sql`u."id"`)}
    )
  )`;
};

/**
 * The last revision of media `m`, to be joined: its current one, or a newer one that waits to be derived. The same bytes sent
 * again add no revision.
 */
export const headOfMedia = Prisma.sql`(
  SELECT r.* FROM "revision" r
  WHERE r."media_id" = m."id" AND (r."id" = m."current_revision_id" OR (r."state" = 'pending' AND ${isWanted("r")}))
  ORDER BY r."number" DESC LIMIT 1
)`;

/**
 * The revision that media `m` should show, to be joined: of its wanted revisions that no person removed, the newest that can be
 * shown, else the first that waits to be derived, else the last that is broken.
 */
const bestOfMedia = Prisma.sql`(
  SELECT r.* FROM "revision" r WHERE r."media_id" = m."id" AND r."number" > m."removed_to" AND ${isWanted("r")}
  ORDER BY r."state" IN ('ready', 'kept') DESC, r."state" = 'pending' DESC,
           CASE WHEN r."state" = 'pending' THEN -r."number" ELSE r."number" END DESC
  LIMIT 1
)`;

type Into = { id: string; collectionId: string; createdById: string | null };

/**
 * Selects those of these files whose bytes their media hold already from another upload: path → that revision. The objects of
 * these files will be removed, so a checksum counts only where it was computed from the stored bytes.
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

type Inserted = { id: string; key: string; size_bytes: bigint };

/** Inserts media and revisions of files, except those that an earlier run inserted. Returns the new revisions. */
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
 * Makes new revisions current where there is nothing better: in new media, in media whose current revision is broken, and in
 * media in the trash, which are restored with the new bytes only. Takes only revisions that this run inserted: a page that runs
 * again must not reverse later changes of its media.
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

/** What changed for some revisions: they were derived, or their upload was undone (at that time) or redone. */
export type Change = { derived: true } | { undoneAt: Date } | { redone: true };

/**
 * Makes the media of these revisions show their best revision, and updates the collection's counts. Needs the collection's
 * lock. An undo moves media without a wanted revision to the trash, and they leave it when they have one again. Media that a
 * person put in the trash stay there; media that a person restored stay shown until a newer revision can be.
 */
export async function showBest(
  tx: Transaction,
  collectionId: string,
  revisionIds: string[],
  change: Change,
): Promise<void> {
  const undoneAt = "undoneAt" in change ? change.undoneAt : null;
  const isDerived = "derived" in change;
  await tx.$executeRaw`
    WITH moved AS (
      SELECT m."id", m."deleted_at" IS NULL AS "was_shown", cur."size_bytes" AS "was_bytes", next."id" AS "next_id",
             next."size_bytes", next."taken_at", next."latitude", next."longitude", next."number" < cur."number" AS "is_older"
      FROM "revision" touched JOIN "media" m ON m."id" = touched."media_id"
      JOIN "revision" cur ON cur."id" = m."current_revision_id"
      LEFT JOIN LATERAL ${bestOfMedia} AS best ON true
      LEFT JOIN "revision" next ON next."id" = CASE
        WHEN m."trashed_by_undo" OR (${undoneAt}::timestamptz IS NOT NULL AND cur."id" = touched."id") OR ${isWanted("cur")}
          OR (best."number" > cur."number" AND best."state" IN ('ready', 'kept'))
        THEN best."id" ELSE cur."id" END
      WHERE touched."id" = ANY(${revisionIds}::uuid[])
        AND (next."id" IS DISTINCT FROM cur."id" OR m."trashed_by_undo" OR (${isDerived} AND cur."id" = touched."id"))
    ), changed AS (
      UPDATE "media" m SET
        "current_revision_id" = coalesce(moved."next_id", m."current_revision_id"),
        "deleted_at" = CASE WHEN moved."next_id" IS NULL THEN coalesce(m."deleted_at", ${undoneAt}::timestamptz)
                            WHEN NOT m."trashed_by_undo" THEN m."deleted_at" END,
        "trashed_by_undo" = moved."next_id" IS NULL AND (moved."was_shown" OR m."trashed_by_undo"),
        "taken_at" = CASE WHEN moved."next_id" IS NULL THEN m."taken_at"
                          ELSE coalesce(moved."taken_at", CASE WHEN moved."is_older" THEN m."created_at" ELSE m."taken_at" END) END,
        "latitude" = CASE WHEN moved."next_id" IS NULL THEN m."latitude" ELSE moved."latitude" END,
        "longitude" = CASE WHEN moved."next_id" IS NULL THEN m."longitude" ELSE moved."longitude" END,
        "updated_at" = now()
      FROM moved WHERE m."id" = moved."id"
      RETURNING moved.*, m."deleted_at" IS NULL AS "is_shown"
    ), total AS (
      SELECT coalesce(sum("is_shown"::int - "was_shown"::int), 0)::int AS "files",
             coalesce(sum(CASE WHEN "is_shown" THEN "size_bytes" ELSE 0 END - CASE WHEN "was_shown" THEN "was_bytes" ELSE 0 END), 0) AS "bytes"
      FROM changed
    )
    UPDATE "collection" SET "media_count" = "media_count" + total."files", "size_bytes" = "size_bytes" + total."bytes"
    FROM total WHERE "collection"."id" = ${collectionId}::uuid AND (total."files" <> 0 OR total."bytes" <> 0)`;
}
