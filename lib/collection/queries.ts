import "server-only";
import type { UserViewer, Viewer } from "@/lib/auth/viewer";
import { db, type Prisma } from "@/lib/db";
import { AppError, notFound, requireId } from "@/lib/errors";
import { type List, openCursor, pageOfRows } from "@/lib/sealed/cursor";
import { timePosition } from "@/lib/sealed/schema";
import {
  type Ability,
  abilities,
  isInScope,
  may,
  type Role,
  rolesThatMay,
  type Visibility,
  visibilitiesOpenTo,
} from "./policy";
import { type CollectionCard, isSlug } from "./schema";

/** How many collections a landing page shows. */
const maxPublicCollections = 12;
/** Of a page whose length is not asked for. */
const defaultLimit = 100;

/** Returns a `where` of the collections in which the viewer has the ability: an unauthorized row is never read. */
export function collectionsWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  return { deletedAt: null, AND: [grantedWhere(viewer, ability), tokenWhere(viewer, ability)] };
}

/** As `collectionsWhere`, for the trash: only roles count, not visibility. */
export function trashedCollectionsWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  const trashed = { deletedAt: { not: null } };
  if (viewer.kind === "system") return trashed;
  if (viewer.kind === "anonymous") return nothing;
  return { ...trashed, AND: [memberWhere(viewer.userId, ability), tokenWhere(viewer, ability)] };
}

/** Returns a `where` of the collections the viewer is a member of, and may leave. */
export function ownCollectionsWhere(viewer: UserViewer): Prisma.CollectionWhereInput {
  const own = { members: { some: { userId: viewer.userId } } };
  return { deletedAt: null, AND: [own, tokenWhere(viewer, "manageMembers")] };
}

const nothing: Prisma.CollectionWhereInput = { id: { in: [] } };

/** What an API token reaches: it never has more than its user, and that alone for which it is. */
function tokenWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  if (viewer.kind !== "user" || !viewer.token) return {};
  const { scopes, collectionId } = viewer.token;
  if (!isInScope(ability, scopes)) return nothing;
  return collectionId === null ? {} : { id: collectionId };
}

/** Whether the viewer has an ability in a collection that `collectionsWhere` has found for another one. */
function allowed(viewer: Viewer, ability: Ability, card: { visibility: Visibility; role: Role | null }): boolean {
  if (viewer.kind === "system") return true;
  if (viewer.kind === "user" && viewer.token && !isInScope(ability, viewer.token.scopes)) return false;
  return may(ability, card);
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

/**
 * Returns a page of the collections the viewer is a member of, the newest first. Throws UNAUTHENTICATED, INVALID (cursor).
 */
export async function collectionPage(
  viewer: Viewer,
  { limit = defaultLimit, cursor }: { limit?: number | undefined; cursor?: string | undefined },
): Promise<{ items: SeenCollection[]; nextCursor: string | null }> {
  if (viewer.kind !== "user") throw new AppError("UNAUTHENTICATED", "Sign in first.");
  const list: List = ["collections", viewer.userId];
  const after = cursor === undefined ? null : openCursor(list, cursor, timePosition);
  const earlier = after && {
    OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
  };
  const own = { members: { some: { userId: viewer.userId } } };
  const rows = await readRows(viewer, earlier ? { AND: [own, earlier] } : own, limit + 1);
  const page = pageOfRows(list, rows, limit, ({ createdAt, id }) => [createdAt.getTime(), id]);
  return { items: page.rows.map((row) => toSeen(viewer, row)), nextCursor: page.nextCursor };
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

/** Returns the collections of media that are not in the trash, those the viewer may see. */
export async function collectionsOfMedia(viewer: Viewer, mediaIds: string[]): Promise<SeenCollection[]> {
  return readCards(viewer, { media: { some: { id: { in: mediaIds }, deletedAt: null } } });
}

/** Returns a collection by its id. Throws NOT_FOUND, also when the viewer may not see it. */
export async function collectionById(viewer: Viewer, id: string): Promise<SeenCollection> {
  const [card] = await readCards(viewer, { id: requireId(id, "collection") });
  if (!card) throw notFound("collection");
  return card;
}

/** Returns a collection with the viewer's abilities. Throws NOT_FOUND, also when the viewer may not see it. */
export async function collectionBySlug(viewer: Viewer, slug: string): Promise<CollectionPage> {
  const [card] = isSlug(slug) ? await readCards(viewer, { slug }) : [];
  if (!card) throw notFound("collection");
  const entries = abilities.map((ability) => [ability, allowed(viewer, ability, card)]);
  return { ...card, abilities: Object.fromEntries(entries) as Record<Ability, boolean> };
}

async function readCards(
  viewer: Viewer,
  where: Prisma.CollectionWhereInput,
  limit?: number,
): Promise<SeenCollection[]> {
  return (await readRows(viewer, where, limit)).map((row) => toSeen(viewer, row));
}

function readRows(viewer: Viewer, where: Prisma.CollectionWhereInput, limit: number | undefined): Promise<CardRow[]> {
  return db().collection.findMany({
    where: { AND: [where, collectionsWhere(viewer, "see")] },
    select: cardSelect(viewer),
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    ...(limit === undefined ? {} : { take: limit }),
  });
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
    editVersion: true,
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
  const { id, slug, name, description, visibility, mediaCount, sizeBytes, createdAt, editVersion } = row;
  const role = row.members[0]?.role ?? null;
  const outline = { id, slug, name, description, visibility, mediaCount };
  const card: CollectionCard = allowed(viewer, "seeOriginals", { visibility, role })
    ? {
        ...outline,
        originals: true,
        role,
        sizeBytes: Number(sizeBytes),
        createdAt: createdAt.toISOString(),
        editVersion,
      }
    : { ...outline, originals: false, role: null };
  return card as SeenCollection;
}
