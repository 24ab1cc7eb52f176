import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionOfMedia, collectionsOfMedia, collectionsWhere, type SeenCollection } from "@/lib/collection/queries";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { selectOutdatedMetadata, selectOutdatedPictures } from "@/lib/revision/again/rows";
import { type LeftDerivatives, selectLeftDerivatives } from "@/lib/revision/derivatives/rows";
import { selectPending } from "@/lib/revision/turn/rows";
import { type ViewSigner, viewExpiry, viewSigner } from "@/lib/storage/presigned/view";
import { metadataVersion, oldestPictureVersions, pageSize, viewedUrl } from "./policy";
import { derivativeName, fileName, toItem } from "./present";
import { type SeenMedia, selectByIds, selectCovers, selectPage, selectWithNeighbours, type WholeMedia } from "./rows";
import type { FreshUrls, MediaDetail, MediaItem, MediaPage, UrlsInput, Variant } from "./schema";

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
  const page = selectPage(collection, cursor, Math.min(limit, pageSize.max));
  const [{ media, nextCursor }, sign] = await Promise.all([page, viewSigner()]);
  return { items: media.map((one) => toItem(one, sign)), nextCursor };
}

/** Returns those of these media that are in the collection, in no order: a page polls them while pictures are processed. */
export async function mediaByIds(collection: SeenCollection, ids: string[]): Promise<MediaItem[]> {
  const [media, sign] = await Promise.all([selectByIds(collection, ids.slice(0, pageSize.max)), viewSigner()]);
  return media.map((one) => toItem(one, sign));
}

/** Returns a media of the collection with its neighbours, its URLs signed. Throws NOT_FOUND. */
export async function mediaDetail(collection: SeenCollection, mediaId: string): Promise<MediaDetail> {
  const id = requireId(mediaId, "picture");
  const [found, sign] = await Promise.all([selectWithNeighbours(collection, id), viewSigner()]);
  if (!found) throw notFound("picture");
  const { media, previous, next } = found;
  return {
    ...toItem(media, sign),
    ...(await originalFacts(media, sign)),
    previousId: previous?.id ?? null,
    nextId: next?.id ?? null,
    neighbourUrls: [next, previous].flatMap((one) => (one ? (viewedUrl(toItem(one, sign).urls) ?? []) : [])),
  };
}

type OriginalFacts = Omit<MediaDetail, keyof MediaItem | "previousId" | "nextId" | "neighbourUrls">;

/** Returns what a media's page shows beyond the gallery's item, all of it for viewers of originals only. */
async function originalFacts(media: SeenMedia, sign: ViewSigner): Promise<OriginalFacts> {
  if (!media.originals)
    return {
      ...{ latitude: null, longitude: null, createdAt: null },
      ...{ uploadedBy: null, revisionNumber: null, editVersion: null },
    };
  const { latitude, longitude, createdAt, createdById, revisionNumber, editVersion } = media;
  const creator = createdById
    ? await db().user.findUnique({ where: { id: createdById }, select: { name: true } })
    : null;
  return {
    downloadUrl: sign({ ...media.objects.original, downloadAs: fileName(media.path) }),
    latitude,
    longitude,
    createdAt: createdAt.toISOString(),
    uploadedBy: creator?.name ?? null,
    revisionNumber,
    editVersion,
  };
}

/** Signs a URL of one variant: thumb for all who see the media, the others for viewers of originals. Throws NOT_FOUND. */
export async function mediaVariantUrl(
  viewer: Viewer,
  { mediaId, variant, download }: { mediaId: string; variant: Variant; download: boolean },
): Promise<string> {
  const [media] = await selectByIds(await collectionOfMedia(viewer, mediaId), [mediaId]);
  if (!media) throw notFound("picture");
  const objects: Partial<WholeMedia["objects"]> = media.objects;
  const object = objects[variant];
  if (!object) throw notFound("picture");
  const sign = await viewSigner();
  if (!download) return sign(object);
  const isOriginal = media.originals && variant === "original";
  return sign({ ...object, downloadAs: isOriginal ? fileName(media.path) : derivativeName(media) });
}

/**
 * Returns fresh URLs of variants of media, of any collections, in the order of the request: null for what the viewer may not see, for a
 * picture without that variant, and for media that are gone, alike.
 */
export async function freshMediaUrls(viewer: Viewer, items: UrlsInput["items"]): Promise<FreshUrls> {
  const ids = [...new Set(items.map(({ id }) => requireId(id, "picture")))];
  const [collections, sign] = await Promise.all([collectionsOfMedia(viewer, ids), viewSigner()]);
  const found = await Promise.all(collections.map((collection) => selectByIds(collection, ids)));
  const seen = new Map(found.flat().map((media) => [media.id, media.objects as Partial<WholeMedia["objects"]>]));
  return {
    items: items.map(({ id, variant }) => {
      const object = seen.get(id.toLowerCase())?.[variant];
      if (!object) return { id, variant, url: null, expiresAt: null };
      return { id, variant, url: sign(object), expiresAt: viewExpiry(object.key).toISOString() };
    }),
  };
}

/** Returns signed thumbnails of the newest pictures of each of these collections, by its id. */
export async function coverThumbs(collections: SeenCollection[], each = 4): Promise<Map<string, string[]>> {
  const [covers, sign] = await Promise.all([selectCovers(collections, each), viewSigner()]);
  return new Map([...covers].map(([id, objects]) => [id, objects.map(sign)]));
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
      crc64nvme: true,
      sha256: true,
      state: true,
      metadataVersion: true,
      contentType: true,
      pictureVersion: true,
      derivedId: true,
      spareDerivedId: true,
      media: { select: { path: true } },
    },
  });
  if (!revision) return null;
  const { media, sizeBytes, ...rest } = revision;
  return { ...rest, sizeBytes: Number(sizeBytes), path: media.path };
}

/** Returns derivatives of revisions that ended without pictures, to be deleted: all or those of one revision. */
export async function leftDerivatives(viewer: Viewer, limit: number, revisionId?: string): Promise<LeftDerivatives[]> {
  if (viewer.kind !== "system") throw notFound("picture");
  return selectLeftDerivatives(limit, revisionId);
}

/** Returns revisions that wait to be derived, in the order of their turns, for the worker's sweep. */
export async function revisionsToDerive(viewer: Viewer, limit: number) {
  if (viewer.kind !== "system") throw notFound("picture");
  return selectPending(limit);
}

/** Returns pictures that older rules decoded, or replaced derivatives are left of, for the worker's sweep. */
export async function revisionsToDeriveAgain(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("picture");
  return selectOutdatedPictures(oldestPictureVersions, limit);
}

/** Returns pictures whose date and position older rules read, for the worker's sweep. */
export async function revisionsToReadAgain(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("picture");
  return selectOutdatedMetadata(metadataVersion, limit);
}
