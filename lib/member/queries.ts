import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";
import type { MemberItem } from "./schema";

/** Returns a collection's members, owners first. For its owners only, as it shows who works together, and their addresses. */
export async function membersOf(viewer: Viewer, slug: string): Promise<MemberItem[]> {
  const scope = { AND: [{ slug: isSlug(slug) ? slug : "" }, collectionsWhere(viewer, "manageMembers")] };
  const collection = await db().collection.findFirst({
    where: scope,
    select: {
      members: {
        select: { userId: true, role: true, createdAt: true, user: { select: { name: true, email: true } } },
        orderBy: [{ role: "desc" }, { createdAt: "asc" }, { userId: "asc" }],
      },
    },
  });
  if (!collection) throw notFound("collection");
  return collection.members.map(({ user, createdAt, ...member }) => ({
    ...member,
    ...user,
    createdAt: createdAt.toISOString(),
  }));
}
