import "server-only";
import { type Expression, type InferResult, type NotNull, type RawBuilder, sql } from "kysely";
import type { SeenCollection } from "@/lib/collection/queries";
import { columns, db, query, rowsOf, unnest, uuid } from "@/lib/db";
import { type DerivedSize, derivedKey } from "@/lib/storage/keys";
import { decodeCursor, encodeCursor, type MediaPosition } from "./cursor";
import { fitWithin, thumbPixels, wallClock } from "./policy";

const selectMedia = query
  .selectFrom("media as m")
  .innerJoin("revision as r", "r.id", "m.current_revision_id")
  .select(["m.id", "m.path", "m.title", "m.taken_at", "m.created_at", "m.created_by_id"])
  .select(["m.taken_known", "m.taken_offset_minutes"])
  .select(["m.latitude", "m.longitude", "r.state", "r.reject_reason", "r.content_type", "r.size_bytes"])
  .select(["r.warning", "r.display_note"])
  .select(["r.width", "r.height", "r.derived_id", "m.edit_version", "r.number", "r.key", "r.version_id"])
  .where("m.deleted_at", "is", null);

/** With keys, names, times and positions: it never leaves this file but through `cut`. */
type MediaRow = InferResult<typeof selectMedia>[number];

/** An object of the storage, as the signer takes it. */
type Stored = { key: string; contentType: string; versionId?: string };
type Seen = Pick<MediaRow, "id" | "state" | "width" | "height">;

/** What outsiders of a preview collection learn of a media: its thumbnail, that one's size, and the day. */
export type MediaOutline = Seen & {
  originals: false;
  /** The day it was taken by the camera's clock, YYYY-MM-DD. */
  takenOn: string;
  objects: { thumb?: Stored };
};

/** A media whose original the viewer may see. */
export type WholeMedia = Seen & {
  originals: true;
  path: string;
  title: string | null;
  takenAt: Date;
  takenKnown: boolean;
  takenOffsetMinutes: number | null;
  createdAt: Date;
  createdById: string | null;
  latitude: number | null;
  longitude: number | null;
  rejectReason: string | null;
  warning: string | null;
  displayNote: string | null;
  contentType: string | null;
  sizeBytes: number;
  revisionNumber: number;
  editVersion: number;
  objects: { thumb?: Stored; card?: Stored; preview?: Stored; original: Stored };
};

/** A media with what its viewer may know of it. Queries, the signer and answers have nothing else to show. */
export type SeenMedia = MediaOutline | WholeMedia;

/**
 * Cuts a row to what a viewer of the collection may know: nothing else of a row leaves this file. Fields are named one by one, so
 * that a column that is read in addition is not shown to outsiders unless it is named here.
 */
function cut(row: MediaRow, { originals }: SeenCollection): SeenMedia {
  const { id, state, width, height } = row;
  // Reserved while the derivatives are being made.
  const derivedId = state === "ready" ? row.derived_id : null;
  const thumb = derivedId === null ? {} : { thumb: derivedObject(derivedId, "thumb") };
  if (!originals) {
    const size = width === null || height === null ? { width, height } : fitWithin(width, height, thumbPixels);
    const takenOn = wallClock(row.taken_at, row.taken_offset_minutes).toISOString().slice(0, 10);
    return { originals, id, state, ...size, takenOn, objects: thumb };
  }
  const larger =
    derivedId === null ? {} : { card: derivedObject(derivedId, "card"), preview: derivedObject(derivedId, "preview") };
  return {
    ...{ originals, id, state, width, height },
    path: row.path,
    title: row.title,
    takenAt: row.taken_at,
    takenKnown: row.taken_known,
    takenOffsetMinutes: row.taken_offset_minutes,
    createdAt: row.created_at,
    createdById: row.created_by_id,
    latitude: row.latitude,
    longitude: row.longitude,
    rejectReason: row.reject_reason,
    warning: row.warning,
    displayNote: row.display_note,
    contentType: row.content_type,
    sizeBytes: Number(row.size_bytes),
    revisionNumber: row.number,
    editVersion: row.edit_version,
    objects: { ...thumb, ...larger, original: originalObject(row) },
  };
}

/** The derivative for each variant of a URL, by its longer edge in pixels. */
const derivedSizeOf = { thumb: thumbPixels, card: 800, preview: 1600 } as const satisfies Record<string, DerivedSize>;

function derivedObject(derivedId: string, name: keyof typeof derivedSizeOf): Stored {
  return { key: derivedKey(derivedId, derivedSizeOf[name]), contentType: "image/webp" };
}

/** Returns the verified version of a media's original: a version added later under the same key is never shown. */
function originalObject({ key, version_id: versionId, state, content_type: type }: MediaRow): Stored {
  return { key, versionId, contentType: state === "ready" && type ? type : "application/octet-stream" };
}

const m = columns("media", "m");

/**
 * Falls as `taken_at` rises. The gallery's order is newest first and then by name, one column falling and two rising: with this
 * in place of `taken_at` all rise, so that a page is one row comparison and one range of the index `media_gallery_idx`
 * (https://use-the-index-luke.com/sql/partial-results/fetch-next-page). Both name this expression alike.
 */
const age = sql<unknown>`(timestamptz '2000-01-01 00:00:00+00' - ${m.taken_at})`;

/** Whether media `m` is before (newer) or after (older) a position in the gallery's order. */
function isBeside(side: "before" | "after", { takenAt, id }: MediaPosition): RawBuilder<boolean> {
  const here = columns("media", "here");
  // No path at all where the row was deleted for good since: the page then starts again with that instant, and leaves nothing out.
  const sortPath = sql`coalesce((SELECT ${here.sort_path} FROM "media" here WHERE ${here.id} = ${uuid(id)}), '')`;
  const operator = side === "before" ? sql`<` : sql`>`;
  return sql`(${age}, ${m.sort_path}, ${m.id}) ${operator}
    (timestamptz '2000-01-01 00:00:00+00' - ${takenAt}::timestamptz, ${sortPath}, ${uuid(id)})`;
}

/** Builds the statement of a page: by keyset, because OFFSET reads all that it skips. */
export function pageStatement(collectionId: string, after: MediaPosition | null, limit: number) {
  const media = selectMedia.where("m.collection_id", "=", collectionId);
  return (after ? media.where(isBeside("after", after)) : media)
    .orderBy(age)
    .orderBy("m.sort_path")
    .orderBy("m.id")
    .limit(limit);
}

type PageOf<Item> = { media: Item[]; nextCursor: string | null };

/** Selects a page after the position in a cursor. Throws INVALID (the cursor). */
export async function selectPage(
  collection: SeenCollection,
  cursor: string | undefined,
  limit: number,
): Promise<PageOf<SeenMedia>> {
  const after = cursor === undefined ? null : decodeCursor(collection, cursor);
  const rows = await rowsOf(db(), pageStatement(collection.id, after, limit + 1));
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    media: shown.map((row) => cut(row, collection)),
    nextCursor: rows.length > limit && last ? encodeCursor(collection, positionOf(last)) : null,
  };
}

export async function selectByIds(collection: SeenCollection, ids: string[]): Promise<SeenMedia[]> {
  return (await readByIds(collection, ids)).map((row) => cut(row, collection));
}

/** Selects a media with those just before (newer) and after (older) it; null when it is not in the collection. */
export async function selectWithNeighbours(
  collection: SeenCollection,
  mediaId: string,
): Promise<{ media: SeenMedia; previous: SeenMedia | null; next: SeenMedia | null } | null> {
  const [row] = await readByIds(collection, [mediaId]);
  if (!row) return null;
  const [previous, next] = await Promise.all([
    selectNeighbour(collection, positionOf(row), "before"),
    selectNeighbour(collection, positionOf(row), "after"),
  ]);
  return { media: cut(row, collection), previous, next };
}

async function readByIds({ id }: SeenCollection, ids: string[]): Promise<MediaRow[]> {
  return rowsOf(
    db(),
    selectMedia.where(({ eb, fn, val }) => eb("m.id", "=", fn.any(val(ids)))).where("m.collection_id", "=", id),
  );
}

function positionOf({ taken_at: takenAt, id }: MediaRow): MediaPosition {
  return { takenAt, id };
}

async function selectNeighbour(
  collection: SeenCollection,
  here: MediaPosition,
  side: "before" | "after",
): Promise<SeenMedia | null> {
  const [row] = await rowsOf(db(), neighbourStatement(collection.id, here, side));
  return row ? cut(row, collection) : null;
}

export function neighbourStatement(collectionId: string, here: MediaPosition, side: "before" | "after") {
  const direction = side === "before" ? "desc" : "asc";
  return selectMedia
    .where("m.collection_id", "=", collectionId)
    .where(isBeside(side, here))
    .orderBy(age, direction)
    .orderBy("m.sort_path", direction)
    .orderBy("m.id", direction)
    .limit(1);
}

/** The newest media examined for covers, so that a collection without pictures is not scanned. */
const coverCandidates = 200;

/**
 * Selects the covers of each collection, by its id: derivatives of its first pictures, among its first media. Small ones where
 * the viewer sees no originals.
 */
export async function selectCovers(collections: SeenCollection[], each: number): Promise<Map<string, Stored[]>> {
  const rows = await rowsOf(
    db(),
    query
      .selectFrom(
        unnest(
          "c",
          collections.map(({ id }) => ({ id })),
          { id: "uuid" },
        ),
      )
      .innerJoinLateral(
        ({ selectFrom }) =>
          selectFrom(
            selectFrom("media as m")
              .select(["m.current_revision_id", "m.taken_at", "m.sort_path", "m.id"])
              .whereRef("m.collection_id", "=", "c.id")
              .where("m.deleted_at", "is", null)
              .orderBy(age)
              .orderBy("m.sort_path")
              .orderBy("m.id")
              .limit(coverCandidates)
              .as("m"),
          )
            .innerJoin("revision as r", (join) =>
              join.onRef("r.id", "=", "m.current_revision_id").on("r.state", "=", "ready"),
            )
            .select("r.derived_id")
            .orderBy(age)
            .orderBy("m.sort_path")
            .orderBy("m.id")
            .limit(each)
            .as("newest"),
        (join) => join.onTrue(),
      )
      .select(["c.id as collection_id", "newest.derived_id"])
      .$narrowType<{ derived_id: NotNull }>(),
  );
  const objects = new Map<string, Stored[]>();
  const seen = new Map(collections.map((collection) => [collection.id, collection]));
  for (const { collection_id: id, derived_id: derivedId } of rows) {
    const cover = derivedObject(derivedId, seen.get(id)?.originals ? "card" : "thumb");
    objects.set(id, [...(objects.get(id) ?? []), cover]);
  }
  return objects;
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
