import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere, type SeenCollection } from "@/lib/collection/queries";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { viewSigner } from "@/lib/storage/view";
import { decodeCursor, encodeCursor } from "./cursor";
import { pageSize } from "./policy";
import { derivedIdOf, derivedObject, fileName, originalObject, toItem } from "./present";
import { selectByIds, selectCovers, selectNeighbour, selectPage } from "./rows";
import type { MediaDetail, MediaItem, MediaPage, Variant } from "./schema";

/** Returns a `where` of the media the viewer may edit: all of a collection for editors, their own for contributors. */
export function editableMediaWhere(viewer: Viewer): Prisma.MediaWhereInput {
  const all: Prisma.MediaWhereInput = { collection: collectionsWhere(viewer, "editMedia") };
  if (viewer.kind !== "user") return all;
  return { OR: [all, { createdById: viewer.userId, collection: collectionsWhere(viewer, "editOwnMedia") }] };
}

/** Returns a page of a collection, newest first, its URLs signed. The next page starts at `nextCursor`. Throws INVALID (cursor). */
export async function mediaPage(
  collection: SeenCollection,
  { cursor, limit = pageSize.gallery }: { cursor?: string | undefined; limit?: number } = {},
): Promise<MediaPage> {
  const after = cursor === undefined ? null : decodeCursor(cursor);
  const wanted = Math.min(limit, pageSize.max);
  const [rows, sign] = await Promise.all([selectPage(collection.id, after, wanted + 1), viewSigner()]);
  const shown = rows.slice(0, wanted);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => toItem(row, collection.originals, sign)),
    nextCursor: rows.length > wanted && last ? encodeCursor({ takenAt: last.taken_at, id: last.id }) : null,
  };
}

/** Returns those of these media that are in the collection, in no order: a page polls them while pictures are processed. */
export async function mediaByIds(collection: SeenCollection, ids: string[]): Promise<MediaItem[]> {
  const [rows, sign] = await Promise.all([selectByIds(collection.id, ids.slice(0, pageSize.max)), viewSigner()]);
  return rows.map((row) => toItem(row, collection.originals, sign));
}

/** Returns a media of the collection with its neighbours, its URLs signed. Throws NOT_FOUND. */
export async function mediaDetail(collection: SeenCollection, mediaId: string): Promise<MediaDetail> {
  const [[row], sign] = await Promise.all([selectByIds(collection.id, [requireId(mediaId, "picture")]), viewSigner()]);
  if (!row) throw notFound("picture");
  const here = { takenAt: row.taken_at, id: row.id };
  const [previousId, nextId, creator] = await Promise.all([
    selectNeighbour(collection.id, here, "before"),
    selectNeighbour(collection.id, here, "after"),
    collection.originals && row.created_by_id
      ? db().user.findUnique({ where: { id: row.created_by_id }, select: { name: true } })
      : null,
  ]);
  const download = collection.originals
    ? { downloadUrl: sign({ ...originalObject(row), downloadAs: fileName(row.path) }) }
    : {};
  return {
    ...toItem(row, collection.originals, sign),
    ...download,
    // The position is only for viewers who may see the original.
    latitude: collection.originals ? row.latitude : null,
    longitude: collection.originals ? row.longitude : null,
    createdAt: collection.originals ? row.created_at.toISOString() : null,
    uploadedBy: creator?.name ?? null,
    revisionNumber: collection.originals ? row.number : null,
    previousId,
    nextId,
  };
}

/** Signs a URL of one variant: thumb for all who see the media, the others for viewers of originals. Throws NOT_FOUND. */
export async function mediaVariantUrl(
  viewer: Viewer,
  { mediaId, variant, download }: { mediaId: string; variant: Variant; download: boolean },
): Promise<string> {
  const ability = variant === "thumb" ? "see" : "seeOriginals";
  const media = await db().media.findFirst({
    where: {
      AND: [{ id: requireId(mediaId, "picture"), deletedAt: null }, { collection: collectionsWhere(viewer, ability) }],
    },
    select: { collectionId: true },
  });
  const [row] = media ? await selectByIds(media.collectionId, [mediaId]) : [];
  if (!row) throw notFound("picture");
  const sign = await viewSigner();
  const derivedId = derivedIdOf(row);
  const object = variant === "original" ? originalObject(row) : derivedId && derivedObject(derivedId, variant);
  if (!object) throw notFound("picture");
  return sign(download ? { ...object, downloadAs: fileName(row.path) } : object);
}

/** Returns signed thumbnails of the newest pictures of each of these collections, by its id. */
export async function coverThumbs(collections: SeenCollection[], each = 4): Promise<Map<string, string[]>> {
  const sizes = new Map(collections.map(({ id, originals }) => [id, originals ? "card" : "thumb"] as const));
  const [rows, sign] = await Promise.all([selectCovers([...sizes.keys()], each), viewSigner()]);
  const covers = new Map<string, string[]>();
  for (const { collection_id: id, derived_id: derivedId } of rows) {
    covers.set(id, [...(covers.get(id) ?? []), sign(derivedObject(derivedId, sizes.get(id) ?? "thumb"))]);
  }
  return covers;
}

/** Returns what the worker needs to derive a revision; null when it no longer exists. */
export async function revisionToDerive(viewer: Viewer, revisionId: string) {
  if (viewer.kind !== "system") throw notFound("picture");
  const revision = await db().revision.findUnique({
    where: { id: revisionId },
    select: {
      id: true,
      key: true,
      versionId: true,
      sizeBytes: true,
      etag: true,
      state: true,
      media: { select: { path: true } },
    },
  });
  if (!revision) return null;
  const { media, sizeBytes, ...rest } = revision;
  return { ...rest, sizeBytes: Number(sizeBytes), path: media.path };
}

/** Returns revisions that wait to be derived, oldest first, for the worker's sweep. */
export async function revisionsToDerive(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("picture");
  const revisions = await db().revision.findMany({
    where: { state: "pending" },
    select: { id: true },
    orderBy: { createdAt: "asc" },
    take: limit,
  });
  return revisions.map(({ id }) => id);
}
