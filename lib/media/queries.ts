import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { may, type Role, type Visibility } from "@/lib/collection/policy";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { viewSigner } from "@/lib/storage/view";
import { decodeCursor, encodeCursor } from "./cursor";
import { pageSize } from "./policy";
import { derivedIdOf, derivedObject, fileName, originalObject, toItem } from "./present";
import { selectByIds, selectCovers, selectNeighbour, selectPage } from "./rows";
import type { MediaDetail, MediaItem, MediaPage, Variant } from "./schema";

/** Media the viewer may edit: all of a collection's for editors, their own for contributors. */
export function editableMediaWhere(viewer: Viewer): Prisma.MediaWhereInput {
  const all: Prisma.MediaWhereInput = { collection: collectionsWhere(viewer, "editMedia") };
  if (viewer.kind !== "user") return all;
  return { OR: [all, { createdById: viewer.userId, collection: collectionsWhere(viewer, "editOwnMedia") }] };
}

/** One page of a collection, newest first, its URLs signed. The page after it starts at `nextCursor`. */
export async function mediaPage(
  viewer: Viewer,
  { slug, cursor, limit = pageSize.gallery }: { slug: string; cursor?: string | undefined; limit?: number },
): Promise<MediaPage> {
  const after = cursor === undefined ? null : decodeCursor(cursor);
  const [collection, sign] = await Promise.all([seenCollection(viewer, slug), viewSigner()]);
  const wanted = Math.min(limit, pageSize.max);
  const rows = await selectPage(collection.id, after, wanted + 1);
  const shown = rows.slice(0, wanted);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => toItem(row, collection.originals, sign)),
    nextCursor: rows.length > wanted && last ? encodeCursor({ takenAt: last.taken_at, id: last.id }) : null,
  };
}

/** The ones of these media that the viewer sees, in no order: what a page asks for while pictures are being processed. */
export async function mediaByIds(viewer: Viewer, { slug, ids }: { slug: string; ids: string[] }): Promise<MediaItem[]> {
  const [collection, sign] = await Promise.all([seenCollection(viewer, slug), viewSigner()]);
  const rows = await selectByIds(collection.id, ids.slice(0, pageSize.max));
  return rows.map((row) => toItem(row, collection.originals, sign));
}

export async function mediaDetail(
  viewer: Viewer,
  { slug, mediaId }: { slug: string; mediaId: string },
): Promise<MediaDetail> {
  const [collection, sign] = await Promise.all([seenCollection(viewer, slug), viewSigner()]);
  const [row] = await selectByIds(collection.id, [requireId(mediaId, "picture")]);
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
    // Where a picture was taken is for those who may see it whole.
    latitude: collection.originals ? row.latitude : null,
    longitude: collection.originals ? row.longitude : null,
    createdAt: collection.originals ? row.created_at.toISOString() : null,
    uploadedBy: creator?.name ?? null,
    revisionNumber: collection.originals ? row.number : null,
    previousId,
    nextId,
  };
}

/** A fresh signed URL of one variant; thumb for all who see the media, the others for those who may see originals. */
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

/** Pictures for the cards: the newest pictures of each of these collections, as far as the viewer sees it. */
export async function coverThumbs(viewer: Viewer, collectionIds: string[], each = 4): Promise<Map<string, string[]>> {
  const [seen, sign] = await Promise.all([
    db().collection.findMany({
      where: { AND: [{ id: { in: collectionIds } }, collectionsWhere(viewer, "see")] },
      select: { id: true, ...standing(viewer) },
    }),
    viewSigner(),
  ]);
  const sizes = new Map(seen.map((row) => [row.id, seesOriginals(viewer, row) ? "card" : "thumb"] as const));
  const covers = new Map<string, string[]>();
  for (const { collection_id: id, derived_id: derivedId } of await selectCovers(
    seen.map((row) => row.id),
    each,
  )) {
    covers.set(id, [...(covers.get(id) ?? []), sign(derivedObject(derivedId, sizes.get(id) ?? "thumb"))]);
  }
  return covers;
}

/** What the worker needs of a revision; null when it is gone. */
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

/** For the worker's sweep: revisions that wait, the oldest first. */
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

async function seenCollection(viewer: Viewer, slug: string): Promise<{ id: string; originals: boolean }> {
  // A text with a NUL in it would be an error of the database's.
  if (!isSlug(slug)) throw notFound("collection");
  const collection = await db().collection.findFirst({
    where: { AND: [{ slug }, collectionsWhere(viewer, "see")] },
    select: { id: true, ...standing(viewer) },
  });
  if (!collection) throw notFound("collection");
  return { id: collection.id, originals: seesOriginals(viewer, collection) };
}

/** What decides how much of a collection the viewer sees. */
function standing(viewer: Viewer) {
  const userId = viewer.kind === "user" ? viewer.userId : { in: [] };
  const members = { where: { userId }, select: { role: true } };
  return { visibility: true, members } satisfies Prisma.CollectionSelect;
}

function seesOriginals(viewer: Viewer, row: { visibility: Visibility; members: { role: Role }[] }): boolean {
  if (viewer.kind === "system") return true;
  return may("seeOriginals", { visibility: row.visibility, role: row.members[0]?.role ?? null });
}
