import "server-only";
import { db, firstId, lastId, Prisma, type Transaction } from "@/lib/db";
import { lockUpload, longTransaction } from "@/lib/locks";
import { mediaAt } from "@/lib/media/rows";
import { type Found, headOfMedia } from "@/lib/revision/rows";
import { uploadPrefix } from "@/lib/storage/keys";
import type { ListedVersion } from "@/lib/storage/list";

type Sealed = { id: string; collectionId: string };

export type FileToCopy = {
  path: string;
  size_bytes: bigint;
  stale_version: string | null;
  key: string;
  version_id: string;
};

/** As many files may still be copied after the upload is aborted. */
const copiesPerPage = 50;

/**
 * Selects files to be copied within the storage, by path, those after `after`; not from revisions that were rejected since.
 * None once the upload is no longer sealed.
 */
export async function selectCopies(uploadId: string, after: string): Promise<FileToCopy[]> {
  return db().$queryRaw<FileToCopy[]>`
    SELECT f."path", f."size_bytes", f."stale_version", r."key", r."version_id"
    FROM "upload" u JOIN "upload_file" f ON f."upload_id" = u."id" JOIN "revision" r ON r."id" = f."copy_of_id"
    WHERE u."state" = 'sealed' AND f."upload_id" = ${uploadId}::uuid AND f."copy_of_id" IS NOT NULL AND f."path" > ${after} AND r."state" <> 'rejected'
    ORDER BY f."path" LIMIT ${copiesPerPage}`;
}

const samePerPage = 5_000;

/**
 * Counts the files of a sealed upload that are the same as what their media hold. Files that no longer are, as their media have
 * changed or the revision was rejected since, are marked to be copied instead. In pages, each done once.
 */
export async function settleSame(upload: { id: string; collectionId: string }): Promise<void> {
  while (await db().$transaction((tx) => settleSamePage(tx, upload), longTransaction));
}

async function settleSamePage(
  tx: Transaction,
  { id, collectionId }: { id: string; collectionId: string },
): Promise<boolean> {
  const upload = await lockUpload(tx, id);
  if (upload?.state !== "sealed" || upload.settled_to === lastId) return false;
  const [page] = await tx.$queryRaw<{ same: number; last: string | null }[]>`
    WITH page AS (
      SELECT f."id", f."path", f."same_as_id" FROM "upload_file" f
      WHERE f."upload_id" = ${id}::uuid AND f."same_as_id" IS NOT NULL AND f."id" > ${upload.settled_to ?? firstId}::uuid
      ORDER BY f."id" LIMIT ${samePerPage}
    ), same AS (
      SELECT page."id" FROM page
      JOIN LATERAL ${mediaAt(collectionId, Prisma.sql`page."path"`)} AS m ON m."deleted_at" IS NULL
      JOIN LATERAL ${headOfMedia} AS head ON head."id" = page."same_as_id" AND head."state" <> 'rejected'
    ), unsettled AS (
      UPDATE "upload_file" f SET "copy_of_id" = f."same_as_id", "same_as_id" = NULL
      FROM page WHERE f."id" = page."id" AND NOT EXISTS (SELECT 1 FROM same WHERE same."id" = page."id")
    )
    SELECT (SELECT count(*)::int FROM same) AS "same",
           CASE WHEN (SELECT count(*) FROM page) = ${samePerPage}
                THEN (SELECT "id"::text FROM page ORDER BY "id" DESC LIMIT 1) END AS "last"`;
  const { same = 0, last = null } = page ?? {};
  await tx.upload.update({
    where: { id },
    data: { settledTo: last ?? lastId, verifiedFiles: { increment: same }, unchangedFiles: { increment: same } },
  });
  return last !== null;
}

/**
 * Selects those of these paths for which this upload has recorded a revision, the same bytes or a rejection. What a live grant
 * puts there later is ignored: one file of an upload makes one revision.
 */
export async function selectRecorded(
  tx: Transaction,
  { id, collectionId }: Sealed,
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

/** Records the files that are the same as what their media hold, registered or not, so that the receipt names them. */
export async function insertSame(
  tx: Transaction,
  uploadId: string,
  found: Found[],
  same: ReadonlyMap<string, string>,
): Promise<void> {
  const files = found.filter(({ path }) => same.has(path));
  await tx.$executeRaw`
    INSERT INTO "upload_file" ("upload_id", "path", "size_bytes", "same_as_id")
    SELECT ${uploadId}::uuid, * FROM unnest(${files.map(({ path }) => path)}::text[],
      ${files.map(({ sizeBytes }) => BigInt(sizeBytes))}::bigint[], ${files.map(({ path }) => same.get(path))}::uuid[])
    ON CONFLICT ("upload_id", "path") DO UPDATE SET "same_as_id" = EXCLUDED."same_as_id", "copy_of_id" = NULL`;
}

const missingPerPage = 5_000;

/**
 * Rejects the files of a page by path that were registered and are neither recorded nor rejected. Returns how many these were,
 * and the path after which the next page begins; null after the last page.
 */
export async function rejectMissing(
  tx: Transaction,
  { id, collectionId }: Sealed,
  after: string,
): Promise<{ missing: number; last: string | null }> {
  const prefix = uploadPrefix(collectionId, id);
  const [page] = await tx.$queryRaw<{ missing: number; last: string | null }[]>`
    WITH page AS (
      SELECT * FROM "upload_file" WHERE "upload_id" = ${id}::uuid AND "path" > ${after}
      ORDER BY "path" LIMIT ${missingPerPage}
    ), missing AS (
      INSERT INTO "upload_rejection" ("upload_id", "path", "size_bytes", "reason")
      SELECT f."upload_id", f."path", f."size_bytes",
             CASE WHEN m."id" IS NULL THEN 'It was registered and never arrived. Upload it again.'
                  ELSE 'It was registered and never arrived; the file that was at this path is unchanged.' END
      FROM page f
      LEFT JOIN LATERAL ${mediaAt(collectionId, Prisma.sql`f."path"`)} AS m ON m."deleted_at" IS NULL
      WHERE f."same_as_id" IS NULL AND f."canceled_at" IS NULL
        AND NOT EXISTS (SELECT 1 FROM "revision" r WHERE r."key" = ${prefix} || f."path" AND r."upload_id" = f."upload_id")
      ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM missing) AS "missing",
           CASE WHEN (SELECT count(*) FROM page) = ${missingPerPage}
                THEN (SELECT "path" FROM page ORDER BY "path" DESC LIMIT 1) END AS "last"`;
  return page ?? { missing: 0, last: null };
}

/** Returns those of these versions that a revision pins, each as `version_id key`. */
export async function selectPinned(versions: ListedVersion[]): Promise<Set<string>> {
  const pinned = await db().$queryRaw<{ key: string; version_id: string }[]>`
    SELECT r."key", r."version_id" FROM "revision" r
    JOIN unnest(${versions.map(({ key }) => key)}::text[], ${versions.map(({ versionId }) => versionId)}::text[])
      AS listed("key", "version_id")
      ON r."key" = listed."key" AND r."version_id" = listed."version_id"`;
  return new Set(pinned.map((row) => `${row.version_id} ${row.key}`));
}
