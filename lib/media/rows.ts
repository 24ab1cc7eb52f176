import "server-only";
import { db, Prisma } from "@/lib/db";
import type { MediaCursor } from "./cursor";
import type { revisionStates } from "./schema";

/** A media with its current revision, as SQL returns it: with keys, so it never leaves the server. */
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
 * Selects by keyset over (taken_at, id), both descending: the row comparison is one index range, while Prisma's OR form is a
 * scan and OFFSET reads all that it skips (https://use-the-index-luke.com/sql/partial-results/fetch-next-page).
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

/** Selects the id of the media just before (newer) or after (older) this one. */
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

/** How many media of a collection are searched for pictures: one without pictures is not read to its end. */
const coverCandidates = 200;

/** Selects the derivatives of the newest pictures of each collection, among its newest media. */
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
 * The media at a path, in the trash or not, to be joined laterally. LIMIT keeps other conditions out of the subquery: with "not
 * in the trash" in it, the planner scans the gallery's index once a path until it has statistics of a collection just filled.
 */
export const mediaAt = (collectionId: string, path: Prisma.Sql) => Prisma.sql`(
  SELECT * FROM "media" WHERE "collection_id" = ${collectionId}::uuid AND "path" = ${path} LIMIT 1
)`;
