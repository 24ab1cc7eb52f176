import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { type Ability, abilities, may, rolesThatMay, visibilitiesOpenTo } from "./policy";
import { type CollectionCard, isSlug } from "./schema";

/** How many collections a landing page shows. */
const maxPublicCollections = 12;

/** Returns a `where` of the collections in which the viewer has the ability: an unauthorized row is never read. */
export function collectionsWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  return { deletedAt: null, ...grantedWhere(viewer, ability) };
}

/** As `collectionsWhere`, for the trash: only roles count, not visibility. */
export function trashedCollectionsWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  const trashed = { deletedAt: { not: null } };
  if (viewer.kind === "system") return trashed;
  if (viewer.kind === "anonymous") return { id: { in: [] } };
  return { ...trashed, ...memberWhere(viewer.userId, ability) };
}

function grantedWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  if (viewer.kind === "system") return {};
  const open: Prisma.CollectionWhereInput = { visibility: { in: visibilitiesOpenTo(ability) } };
  return viewer.kind === "anonymous" ? open : { OR: [open, memberWhere(viewer.userId, ability)] };
}

function memberWhere(userId: string, ability: Ability): Prisma.CollectionWhereInput {
  return { members: { some: { userId, role: { in: rolesThatMay(ability) } } } };
}

/** Returns the collections the viewer is a member of, newest first. Public ones of others are reached by their address. */
export async function collectionsOf(viewer: Viewer): Promise<SeenCollection[]> {
  if (viewer.kind === "anonymous") return [];
  return readCards(viewer, viewer.kind === "system" ? {} : { members: { some: { userId: viewer.userId } } });
}

/** Returns the newest public collections that are not empty. */
export async function publicCollections(viewer: Viewer): Promise<SeenCollection[]> {
  return readCards(viewer, { visibility: "public", mediaCount: { gt: 0 } }, maxPublicCollections);
}

declare const seen: unique symbol;

/**
 * A collection with what its viewer may see of it: `originals` says whether that is everything, and decides what is read of its
 * media, too. Only this file mints one, and only for a viewer who sees the collection, so a query that takes one need not read
 * the collection again.
 */
export type SeenCollection = CollectionCard & { readonly [seen]: true };
export type CollectionPage = SeenCollection & { abilities: Record<Ability, boolean> };

/** Returns the collection of a media that is not in the trash. Throws NOT_FOUND, also when the viewer may not see it. */
export async function collectionOfMedia(viewer: Viewer, mediaId: string): Promise<SeenCollection> {
  const isOfMedia = { media: { some: { id: requireId(mediaId, "picture"), deletedAt: null } } };
  const [card] = await readCards(viewer, isOfMedia);
  if (!card) throw notFound("picture");
  return card;
}

/** Returns a collection with the viewer's abilities. Throws NOT_FOUND, also when the viewer may not see it. */
export async function collectionBySlug(viewer: Viewer, slug: string): Promise<CollectionPage> {
  const [card] = isSlug(slug) ? await readCards(viewer, { slug }) : [];
  if (!card) throw notFound("collection");
  const allowed = (ability: Ability) => viewer.kind === "system" || may(ability, card);
  return {
    ...card,
    abilities: Object.fromEntries(abilities.map((ability) => [ability, allowed(ability)])) as Record<Ability, boolean>,
  };
}

async function readCards(
  viewer: Viewer,
  where: Prisma.CollectionWhereInput,
  limit?: number,
): Promise<SeenCollection[]> {
  const rows = await db().collection.findMany({
    where: { AND: [where, collectionsWhere(viewer, "see")] },
    select: cardSelect(viewer),
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    ...(limit === undefined ? {} : { take: limit }),
  });
  return rows.map((row) => toSeen(viewer, row));
}

function cardSelect(viewer: Viewer) {
  return {
    id: true,
    slug: true,
    name: true,
    description: true,
    visibility: true,
    mediaCount: true,
    sizeBytes: true,
    createdAt: true,
    // The viewer's own membership only.
    members: {
      where: viewer.kind === "user" ? { userId: viewer.userId } : { userId: { in: [] } },
      select: { role: true },
    },
  } satisfies Prisma.CollectionSelect;
}

type CardRow = Prisma.CollectionGetPayload<{ select: ReturnType<typeof cardSelect> }>;

/**
 * Cuts a row to what its viewer may know: nothing else of it leaves this file. Fields are named one by one, so that a column that
 * is read in addition is not shown to outsiders unless it is named here.
 */
function toSeen(viewer: Viewer, row: CardRow): SeenCollection {
  const { id, slug, name, description, visibility, mediaCount, sizeBytes, createdAt } = row;
  const role = row.members[0]?.role ?? null;
  const outline = { id, slug, name, description, visibility, mediaCount };
  const card: CollectionCard =
    viewer.kind === "system" || may("seeOriginals", { visibility, role })
      ? { ...outline, originals: true, role, sizeBytes: Number(sizeBytes), createdAt: createdAt.toISOString() }
      : { ...outline, originals: false, role: null };
  return card as SeenCollection;
}
