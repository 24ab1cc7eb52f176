import "server-only";
import { db, Prisma, type Transaction } from "@/lib/db";
import type { MediaCursor } from "./cursor";
import type { revisionStates } from "./schema";

/** A media with its current revision, as SQL gives it: keys included, so it never leaves the server. */
export type MediaRow = {
  id: string;
  collection_id: string;
  path: string;
  title: string | null;
  taken_at: Date;
  created_at: Date;
  created_by_id: string | null;
  latitude: number | null;
  longitude: number | null;
  state: (typeof revisionStates)[number];
  reject_reason: string | null;
  content_type: string | null;
  size_bytes: bigint;
  width: number | null;
  height: number | null;
  derived_id: string | null;
  number: number;
  key: string;
  version_id: string;
};

const selectMedia = Prisma.sql`
  SELECT m."id", m."collection_id", m."path", m."title", m."taken_at", m."created_at", m."created_by_id",
         m."latitude", m."longitude", r."state"::text AS "state", r."reject_reason", r."content_type", r."size_bytes",
         r."width", r."height", r."derived_id", r."number", r."key", r."version_id"
  FROM "media" m JOIN "revision" r ON r."id" = m."current_revision_id"`;

/**
 * Keyset over (taken_at, id), both falling: the row comparison is one index range, where Prisma's OR form is a scan
 * and OFFSET reads all it skips (https://use-the-index-luke.com/sql/partial-results/fetch-next-page).
 */
export function pageStatement(collectionId: string, after: MediaCursor | null, limit: number): Prisma.Sql {
  const from = after
    ? Prisma.sql`AND (m."taken_at", m."id") < (${after.takenAt}::timestamptz, ${after.id}::uuid)`
    : Prisma.empty;
  return Prisma.sql`${selectMedia}
    WHERE m."collection_id" = ${collectionId}::uuid AND m."deleted_at" IS NULL ${from}
    ORDER BY m."taken_at" DESC, m."id" DESC LIMIT ${limit}`;
}

export async function selectPage(collectionId: string, after: MediaCursor | null, limit: number): Promise<MediaRow[]> {
  return db().$queryRaw<MediaRow[]>(pageStatement(collectionId, after, limit));
}

export async function selectByIds(collectionId: string, ids: string[]): Promise<MediaRow[]> {
  return db().$queryRaw<MediaRow[]>`${selectMedia}
    WHERE m."id" = ANY(${ids}::uuid[]) AND m."collection_id" = ${collectionId}::uuid AND m."deleted_at" IS NULL`;
}

/** The id of the media shown just before (newer) or after (older) this one. */
export async function selectNeighbour(
  collectionId: string,
  here: MediaCursor,
  side: "before" | "after",
): Promise<string | null> {
  const position = Prisma.sql`(${here.takenAt}::timestamptz, ${here.id}::uuid)`;
  const where = Prisma.sql`m."collection_id" = ${collectionId}::uuid AND m."deleted_at" IS NULL`;
  const rows = await (side === "before"
    ? db().$queryRaw<{ id: string }[]>`SELECT m."id" FROM "media" m WHERE ${where}
        AND (m."taken_at", m."id") > ${position} ORDER BY m."taken_at" ASC, m."id" ASC LIMIT 1`
    : db().$queryRaw<{ id: string }[]>`SELECT m."id" FROM "media" m WHERE ${where}
        AND (m."taken_at", m."id") < ${position} ORDER BY m."taken_at" DESC, m."id" DESC LIMIT 1`);
  return rows[0]?.id ?? null;
}

/** A collection of files that are no pictures is not searched from end to end for some. */
const coverCandidates = 200;

/** The derivatives of the newest pictures of each collection, as far as they are among its newest media. */
export async function selectCovers(
  collectionIds: string[],
  each: number,
): Promise<{ collection_id: string; derived_id: string }[]> {
  return db().$queryRaw`
    SELECT c."id" AS "collection_id", newest."derived_id"
    FROM unnest(${collectionIds}::uuid[]) AS c("id")
    CROSS JOIN LATERAL (
      SELECT r."derived_id"
      FROM (
        SELECT "current_revision_id", "taken_at", "id" FROM "media"
        WHERE "collection_id" = c."id" AND "deleted_at" IS NULL
        ORDER BY "taken_at" DESC, "id" DESC LIMIT ${coverCandidates}
      ) AS m
      JOIN "revision" r ON r."id" = m."current_revision_id" AND r."state" = 'ready'
      ORDER BY m."taken_at" DESC, m."id" DESC LIMIT ${each}
    ) AS newest`;
}

/**
 * The media at a path, in the trash or not, to be joined laterally. LIMIT keeps what is asked of it beside out of it: for "not in
 * the trash" the planner, as long as it has no statistics of a collection just filled, walks the gallery's index once a path.
 */
export const mediaAt = (collectionId: string, path: Prisma.Sql) => Prisma.sql`(
  SELECT * FROM "media" WHERE "collection_id" = ${collectionId}::uuid AND "path" = ${path} LIMIT 1
)`;

/**
 * Whether anybody wants revision `name` to be there: its upload is not undone, or another one brought the same bytes since and
 * so made nothing new. Undoing is as if that one upload had not been: what others brought, or oneself in another, stays.
 */
const isWanted = (name: "r" | "cur") => {
  const revision = Prisma.raw(`"${name}"`);
  return Prisma.sql`(
    EXISTS (SELECT 1 FROM "upload" u WHERE u."id" = ${revision}."upload_id" AND u."undone_at" IS NULL)
    OR EXISTS (
      SELECT 1 FROM "upload_file" f JOIN "upload" u ON u."id" = f."upload_id"
      WHERE f."same_as_id" = ${revision}."id" AND u."undone_at" IS NULL AND u."sealed_at" IS NOT NULL
    )
  )`;
};

/**
 * The revision that media `m` ends with, to be joined: its current one, or a newer one that waits to be looked into. Whoever
 * sends the same bytes again adds nothing to it.
 */
export const headOfMedia = Prisma.sql`(
  SELECT r.* FROM "revision" r
  WHERE r."media_id" = m."id" AND (r."id" = m."current_revision_id" OR (r."state" = 'pending' AND ${isWanted("r")}))
  ORDER BY r."number" DESC LIMIT 1
)`;

/**
 * What media `m` is to show, to be joined: of the wanted revisions that nobody removed the newest that can be shown. Without
 * such a one the first that waits to be looked into, else the last of those that are broken.
 */
const bestOfMedia = Prisma.sql`(
  SELECT r.* FROM "revision" r WHERE r."media_id" = m."id" AND r."number" > m."removed_to" AND ${isWanted("r")}
  ORDER BY r."state" IN ('ready', 'kept') DESC, r."state" = 'pending' DESC,
           CASE WHEN r."state" = 'pending' THEN -r."number" ELSE r."number" END DESC
  LIMIT 1
)`;

/** What happened to revisions: they were looked into, their upload was undone (then), or redone. */
export type Happened = { derived: true } | { undoneAt: Date } | { redone: true };

/**
 * Under the collection's lock. Has the media of these revisions show the best they have, and counts it. By an undoing those
 * that have nothing left go to the trash; they come out of it when they have something again. What a person put in the trash
 * stays there, and what a person had out of it is shown until something newer can be.
 */
export async function showBest(
  tx: Transaction,
  collectionId: string,
  revisionIds: string[],
  happened: Happened,
): Promise<void> {
  const undoneAt = "undoneAt" in happened ? happened.undoneAt : null;
  const isDerived = "derived" in happened;
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
