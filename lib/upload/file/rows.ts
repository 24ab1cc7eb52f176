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

/** In a transaction they are locked: a multipart is begun and completed without the upload's lock. */
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

/**
 * Sizes and checksums that many files share, on the whole site, are not searched from end to end: whether hashing is worth it
 * is a guess anyway, and bytes that are not found are sent once more.
 */
const candidates = 100;

/**
 * Looks the files up in their collection, by path, by checksum and by size. What a sender said of their bytes is good
 * enough to spare that same sender the sending; others are spared only by what was worked out from the stored bytes:
 * whoever registers wrong checksums must not make somebody else's file count as there.
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

/** A thousand rows in one statement; a row that is there is replaced, its id included, and is not canceled any more. */
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

/** To files that are still what they were named as, and of which nothing else is known. The paths of those. */
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

/** Takes back the registration of some paths, or of one id. Their multiparts, and the room they had, are given back. */
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

/** Of these paths the ones that are canceled at this moment. */
export async function selectCanceled(uploadId: string, paths: string[]): Promise<Set<string>> {
  const rows = await db().$queryRaw<{ path: string }[]>`
    SELECT "path" FROM "upload_file"
    WHERE "upload_id" = ${uploadId}::uuid AND "path" = ANY(${paths}::text[]) AND "canceled_at" IS NOT NULL`;
  return new Set(rows.map(({ path }) => path));
}

/**
 * Forgets what was registered to an upload that has ended, but for what its receipt names: of the others the record is the
 * revision or the rejection. In pages by path: the rows of 800,000 files are not to be locked, nor searched for, all at once.
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
