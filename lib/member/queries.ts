import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, firstId } from "@/lib/db";
import { notFound } from "@/lib/errors";
import { type List, openCursor, pageOfRows } from "@/lib/sealed/cursor";
import { type MemberItem, memberPosition } from "./schema";

/** Of a page whose length is not asked for. */
const defaultLimit = 100;

/**
 * Returns a page of a collection's members, in the order of their ids. For its owners only, as it shows who works together, and their
 * addresses. Throws NOT_FOUND, INVALID (cursor).
 */
export async function membersOf(
  viewer: Viewer,
  slug: string,
  { limit = defaultLimit, cursor }: { limit?: number | undefined; cursor?: string | undefined } = {},
): Promise<{ items: MemberItem[]; nextCursor: string | null }> {
  const scope = { AND: [{ slug: isSlug(slug) ? slug : "" }, collectionsWhere(viewer, "manageMembers")] };
  const collection = await db().collection.findFirst({ where: scope, select: { id: true } });
  if (!collection) throw notFound("collection");
  const list: List = ["members", collection.id];
  const after = cursor === undefined ? firstId : openCursor(list, cursor, memberPosition);
  const rows = await db().member.findMany({
    where: { collectionId: collection.id, userId: { gt: after } },
    select: { userId: true, role: true, createdAt: true, user: { select: { name: true, email: true } } },
    orderBy: { userId: "asc" },
    take: limit + 1,
  });
  const page = pageOfRows(list, rows, limit, ({ userId }) => userId);
  const items = page.rows.map(({ user, createdAt, ...member }) => ({
    ...member,
    ...user,
    createdAt: createdAt.toISOString(),
  }));
  return { items, nextCursor: page.nextCursor };
}
