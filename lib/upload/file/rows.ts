import "server-only";
import { db, Prisma, type Transaction } from "@/lib/db";
import { headOfMedia } from "@/lib/revision/rows";

/** A file a client registered, as SQL gives it. */
export type FileRow = {
  id: string;
  path: string;
  size_bytes: bigint;
  content_type: string | null;
  sha256: string | null;
  md5: string | null;
  crc64nvme: string | null;
  modified_ms: bigint | null;
  reserved_bytes: bigint;
  s3_upload_id: string | null;
  part_size: number | null;
  completed_at: Date | null;
  stale_version: string | null;
  copy_of_id: string | null;
  same_as_id: string | null;
  canceled_at: Date | null;
};

/** Selects files by path. In a transaction it locks them: multiparts start and complete without the upload's lock. */
export async function selectFiles(uploadId: string, paths: string[], tx?: Transaction): Promise<Map<string, FileRow>> {
  const rows = await (tx ?? db()).$queryRaw<FileRow[]>`
    SELECT "id", "path", "size_bytes", "content_type", "sha256", "md5", "crc64nvme", "modified_ms", "reserved_bytes",
           "s3_upload_id", "part_size", "completed_at", "stale_version", "copy_of_id", "same_as_id", "canceled_at"
    FROM "upload_file" WHERE "upload_id" = ${uploadId}::uuid AND "path" = ANY(${paths}::text[])
    ${tx ? Prisma.sql`FOR UPDATE` : Prisma.empty}`;
  return new Map(rows.map((row) => [row.path, row]));
}

/** What the collection already has of a file. */
export type KnownFile = {
  path: string;
  exists: "same" | "other" | null;
  same_as_id: string | null;
  copy_of_id: string | null;
  may_be_known: boolean;
};

/** How many files of one size or checksum, on the whole site, are examined: bytes that are not found are sent again. */
const candidates = 100;

/**
 * Looks files up in their collection by path, by checksum and by size. A checksum that a sender claimed counts for uploads of
 * that sender only; for others it counts once it was computed from the stored bytes. Otherwise a wrong claim could make
 * another person's file count as stored.
 */
export async function selectKnown(
  { collectionId, createdById }: { collectionId: string; createdById: string | null },
  files: { path: string; sizeBytes: bigint; sha256: string | null }[],
): Promise<Map<string, KnownFile>> {
  const rows = await db().$queryRaw<KnownFile[]>`
    SELECT f."path", same."id" AS "same_as_id", other."id" AS "copy_of_id",
           CASE WHEN cur."size_bytes" = f."size" THEN 'same' WHEN cur."id" IS NOT NULL THEN 'other' END AS "exists",
           f."sha256" IS NULL AND EXISTS (
             SELECT 1 FROM (
               SELECT r."media_id" FROM "revision" r
               WHERE r."size_bytes" = f."size" AND r."sha256" IS NOT NULL LIMIT ${candidates}
             ) AS sized JOIN "media" o ON o."id" = sized."media_id"
             WHERE o."collection_id" = ${collectionId}::uuid AND o."deleted_at" IS NULL
           ) AS "may_be_known"
    FROM unnest(${files.map(({ path }) => path)}::text[], ${files.map(({ sizeBytes }) => sizeBytes)}::bigint[],
                ${files.map(({ sha256 }) => sha256)}::text[]) AS f("path", "size", "sha256")
    LEFT JOIN "media" m ON m."collection_id" = ${collectionId}::uuid AND m."path" = f."path" AND m."deleted_at" IS NULL
    LEFT JOIN "revision" cur ON cur."id" = m."current_revision_id"
    LEFT JOIN LATERAL (
      SELECT head."id" FROM ${headOfMedia} AS head JOIN "upload" u ON u."id" = head."upload_id"
      WHERE head."sha256" = f."sha256" AND head."size_bytes" = f."size" AND head."state" <> 'rejected'
        AND (head."sha256_proven" OR u."created_by_id" = ${createdById}::uuid)
    ) AS same ON true
    LEFT JOIN LATERAL (
      SELECT r."id" FROM (
        SELECT "id", "media_id", "upload_id", "sha256_proven" FROM "revision"
        WHERE "sha256" = f."sha256" AND "size_bytes" = f."size" AND "state" <> 'rejected' LIMIT ${candidates}
      ) AS r JOIN "media" o ON o."id" = r."media_id" JOIN "upload" u ON u."id" = r."upload_id"
      WHERE o."collection_id" = ${collectionId}::uuid AND o."deleted_at" IS NULL
        AND (r."sha256_proven" OR u."created_by_id" = ${createdById}::uuid)
      LIMIT 1
    ) AS other ON true`;
  return new Map(rows.map((row) => [row.path, row]));
}

/** Inserts a page of files in one statement. Replaces rows at the same paths, ids included, and clears their cancellation. */
export async function upsertFiles(tx: Transaction, uploadId: string, rows: FileRow[]): Promise<void> {
  const column = <Name extends keyof FileRow>(name: Name) => rows.map((row) => row[name]);
  await tx.$executeRaw`
    INSERT INTO "upload_file" ("upload_id", "id", "path", "size_bytes", "content_type", "sha256", "md5", "crc64nvme",
      "modified_ms", "reserved_bytes", "s3_upload_id", "part_size", "completed_at", "stale_version", "copy_of_id", "same_as_id")
    SELECT ${uploadId}::uuid, *
    FROM unnest(${column("id")}::uuid[], ${column("path")}::text[], ${column("size_bytes")}::bigint[],
                ${column("content_type")}::text[], ${column("sha256")}::text[], ${column("md5")}::text[],
                ${column("crc64nvme")}::text[], ${column("modified_ms")}::bigint[], ${column("reserved_bytes")}::bigint[],
                ${column("s3_upload_id")}::text[], ${column("part_size")}::int[], ${column("completed_at")}::timestamptz[],
                ${column("stale_version")}::text[], ${column("copy_of_id")}::uuid[], ${column("same_as_id")}::uuid[])
    ON CONFLICT ("upload_id", "path") DO UPDATE SET
      "id" = EXCLUDED."id", "size_bytes" = EXCLUDED."size_bytes", "content_type" = EXCLUDED."content_type",
      "sha256" = EXCLUDED."sha256", "md5" = EXCLUDED."md5", "crc64nvme" = EXCLUDED."crc64nvme",
      "modified_ms" = EXCLUDED."modified_ms", "reserved_bytes" = EXCLUDED."reserved_bytes",
      "s3_upload_id" = EXCLUDED."s3_upload_id", "part_size" = EXCLUDED."part_size",
      "completed_at" = EXCLUDED."completed_at", "stale_version" = EXCLUDED."stale_version",
      "copy_of_id" = EXCLUDED."copy_of_id", "same_as_id" = EXCLUDED."same_as_id", "canceled_at" = NULL`;
}

/** Adds checksums to files that match their registration and contradict none of its checksums. Returns their paths. */
export async function addChecksums(
  tx: Transaction,
  uploadId: string,
  files: {
    path: string;
    size: number;
    modifiedAt?: number | undefined;
    sha256?: string | undefined;
    md5?: string | undefined;
  }[],
): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ path: string }[]>`
    UPDATE "upload_file" f SET "sha256" = coalesce(t."sha256", f."sha256"), "md5" = coalesce(t."md5", f."md5")
    FROM unnest(${files.map(({ path }) => path)}::text[], ${files.map(({ size }) => BigInt(size))}::bigint[],
                ${files.map(({ modifiedAt }) => (modifiedAt === undefined ? null : BigInt(modifiedAt)))}::bigint[],
                ${files.map(({ sha256 }) => sha256 ?? null)}::text[], ${files.map(({ md5 }) => md5 ?? null)}::text[])
         AS t("path", "size", "modified", "sha256", "md5")
    WHERE f."upload_id" = ${uploadId}::uuid AND f."path" = t."path" AND f."canceled_at" IS NULL
      AND f."size_bytes" = t."size" AND f."modified_ms" IS NOT DISTINCT FROM t."modified"
      AND coalesce(f."sha256" = t."sha256", true) AND coalesce(f."md5" = t."md5", true)
    RETURNING f."path"`;
  return new Set(rows.map(({ path }) => path));
}

export type Canceled = { path: string; s3_upload_id: string | null; released: bigint };

/** Marks files as canceled, by path or by id. Returns their multiparts and the bytes that were reserved for them. */
export async function markCanceled(
  tx: Transaction,
  uploadId: string,
  which: { paths: string[] } | { id: string },
): Promise<Canceled[]> {
  const those = "id" in which ? Prisma.sql`"id" = ${which.id}::uuid` : Prisma.sql`"path" = ANY(${which.paths}::text[])`;
  return tx.$queryRaw<Canceled[]>`
    WITH had AS (
      SELECT "id", "reserved_bytes" FROM "upload_file" WHERE "upload_id" = ${uploadId}::uuid AND ${those} FOR UPDATE
    )
    UPDATE "upload_file" f
    SET "canceled_at" = coalesce(f."canceled_at", now()), "reserved_bytes" = 0, "copy_of_id" = NULL, "same_as_id" = NULL
    FROM had WHERE f."id" = had."id"
    RETURNING f."path", f."s3_upload_id", had."reserved_bytes" AS "released"`;
}

/** Selects those of these paths that are canceled now. */
export async function selectCanceled(uploadId: string, paths: string[]): Promise<Set<string>> {
  const rows = await db().$queryRaw<{ path: string }[]>`
    SELECT "path" FROM "upload_file"
    WHERE "upload_id" = ${uploadId}::uuid AND "path" = ANY(${paths}::text[]) AND "canceled_at" IS NOT NULL`;
  return new Set(rows.map(({ path }) => path));
}

/**
 * Deletes the files registered to an ended upload, except those its receipt needs: the others are recorded as revisions or
 * rejections. In pages by path, so that the rows of 800,000 files are not locked at once.
 */
export async function deleteFiles(uploadId: string, pageSize = 5_000): Promise<void> {
  for (let after: string | null = ""; after !== null; ) {
    const pages: { last: string | null }[] = await db().$queryRaw`
      WITH page AS (
        SELECT "id", "path", "same_as_id" FROM "upload_file"
        WHERE "upload_id" = ${uploadId}::uuid AND "path" > ${after} ORDER BY "path" LIMIT ${pageSize}
      ), gone AS (
        DELETE FROM "upload_file" f USING page WHERE f."id" = page."id" AND page."same_as_id" IS NULL
      )
      SELECT max("path") AS "last" FROM page`;
    after = pages[0]?.last ?? null;
  }
}
