import "server-only";
import { type Expression, expressionBuilder, type InferResult, type NotNull } from "kysely";
import { db, query, rowsOf, type Tables, unnest } from "@/lib/db";
import type { MediaCursor } from "./cursor";

const selectMedia = query
  .selectFrom("media as m")
  .innerJoin("revision as r", "r.id", "m.current_revision_id")
  .select(["m.id", "m.collection_id", "m.path", "m.title", "m.taken_at", "m.created_at", "m.created_by_id"])
  .select(["m.latitude", "m.longitude", "r.state", "r.reject_reason", "r.content_type", "r.size_bytes"])
  .select(["r.width", "r.height", "r.derived_id", "r.number", "r.key", "r.version_id"])
  .where("m.deleted_at", "is", null);

/** A media with its current revision, as SQL returns it: with keys, so it never leaves the server. */
export type MediaRow = InferResult<typeof selectMedia>[number];

function isBeside(operator: "<" | ">", { takenAt, id }: MediaCursor) {
  const { eb, refTuple, tuple } = expressionBuilder<{ m: Tables["media"] }, "m">();
  return eb(refTuple("m.taken_at", "m.id"), operator, tuple(takenAt, id));
}

/**
 * Selects by keyset over (taken_at, id), both descending: the row comparison is one index range, while Prisma's OR form is a
 * scan and OFFSET reads all that it skips (https://use-the-index-luke.com/sql/partial-results/fetch-next-page).
 */
export function pageStatement(collectionId: string, after: MediaCursor | null, limit: number) {
  const media = selectMedia.where("m.collection_id", "=", collectionId);
  return (after ? media.where(isBeside("<", after)) : media)
    .orderBy("m.taken_at", "desc")
    .orderBy("m.id", "desc")
    .limit(limit);
}

export async function selectPage(collectionId: string, after: MediaCursor | null, limit: number): Promise<MediaRow[]> {
  return rowsOf(db(), pageStatement(collectionId, after, limit));
}

export async function selectByIds(collectionId: string, ids: string[]): Promise<MediaRow[]> {
  return rowsOf(
    db(),
    selectMedia
      .where(({ eb, fn, val }) => eb("m.id", "=", fn.any(val(ids))))
      .where("m.collection_id", "=", collectionId),
  );
}

/** Selects the id of the media just before (newer) or after (older) this one. */
export async function selectNeighbour(
  collectionId: string,
  here: MediaCursor,
  side: "before" | "after",
): Promise<string | null> {
  const [operator, direction] = side === "before" ? ([">", "asc"] as const) : (["<", "desc"] as const);
  const [media] = await rowsOf(
    db(),
    query
      .selectFrom("media as m")
      .select("m.id")
      .where("m.collection_id", "=", collectionId)
      .where("m.deleted_at", "is", null)
      .where(isBeside(operator, here))
      .orderBy("m.taken_at", direction)
      .orderBy("m.id", direction)
      .limit(1),
  );
  return media?.id ?? null;
}

/** The newest media examined for covers, so that a collection without pictures is not scanned. */
const coverCandidates = 200;

/** Selects the derivatives of the newest pictures of each collection, among its newest media. */
export async function selectCovers(
  collectionIds: string[],
  each: number,
): Promise<{ collection_id: string; derived_id: string }[]> {
  const collections = collectionIds.map((id) => ({ id }));
  return rowsOf(
    db(),
    query
      .selectFrom(unnest("c", collections, { id: "uuid" }))
      .innerJoinLateral(
        ({ selectFrom }) =>
          selectFrom(
            selectFrom("media")
              .select(["current_revision_id", "taken_at", "id"])
              .whereRef("collection_id", "=", "c.id")
              .where("deleted_at", "is", null)
              .orderBy("taken_at", "desc")
              .orderBy("id", "desc")
              .limit(coverCandidates)
              .as("m"),
          )
            .innerJoin("revision as r", (join) =>
              join.onRef("r.id", "=", "m.current_revision_id").on("r.state", "=", "ready"),
            )
            .select("r.derived_id")
            .orderBy("m.taken_at", "desc")
            .orderBy("m.id", "desc")
            .limit(each)
            .as("newest"),
        (join) => join.onTrue(),
      )
      .select(["c.id as collection_id", "newest.derived_id"])
      .$narrowType<{ derived_id: NotNull }>(),
  );
}

/**
 * The media at a path, in the trash or not, to be joined laterally. LIMIT keeps other conditions out of the subquery: with "not
 * in the trash" in it, the planner scans the gallery's index once a path until it has statistics of a collection just filled.
 */
export function mediaAt(collectionId: string, path: Expression<string>) {
  return query
    .selectFrom("media")
    .selectAll()
    .where("collection_id", "=", collectionId)
    .where("path", "=", path)
    .limit(1);
}
