import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere, ownCollectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, type Prisma, type Transaction } from "@/lib/db";
import { AppError, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockCollectionBySlug } from "@/lib/locks";
import { type SetMemberInput, setMemberInput } from "./schema";

/** Adds a member or changes a member's role. Throws NOT_FOUND, CONFLICT (the collection would be left without an owner). */
export async function setMember(viewer: Viewer, slug: string, { userId, role }: SetMemberInput): Promise<void> {
  await db().$transaction(async (tx) => {
    const collectionId = await lockedCollection(tx, slug, collectionsWhere(viewer, "manageMembers"));
    const user = isUserId(userId) && (await tx.user.findUnique({ where: { id: userId }, select: { id: true } }));
    if (!user) throw notFound("person");
    if (role !== "owner") await requireOtherOwner(tx, collectionId, userId);
    await tx.member.upsert({
      where: { collectionId_userId: { collectionId, userId } },
      create: { collectionId, userId, role },
      update: { role },
      select: { userId: true },
    });
    await recordEvent(tx, viewer, {
      action: "member.set",
      subjectType: "member",
      subjectId: userId,
      collectionId,
      detail: { role },
    });
  });
}

/** Removes a member. Owners remove any member, and members may leave. Throws NOT_FOUND, CONFLICT (the last owner). */
export async function removeMember(viewer: Viewer, slug: string, userId: string): Promise<void> {
  const isLeaving = viewer.kind === "user" && viewer.userId === userId;
  await db().$transaction(async (tx) => {
    const scope = isLeaving ? ownCollectionsWhere(viewer) : collectionsWhere(viewer, "manageMembers");
    const collectionId = await lockedCollection(tx, slug, scope);
    if (!isUserId(userId)) throw notFound("member");
    await requireOtherOwner(tx, collectionId, userId);
    const { count } = await tx.member.deleteMany({ where: { collectionId, userId } });
    if (count === 0) throw notFound("member");
    await recordEvent(tx, viewer, { action: "member.removed", subjectType: "member", subjectId: userId, collectionId });
  });
}

/**
 * Locks the collection, so that its members change one at a time: two owners who remove each other must not both succeed.
 * Checks the viewer's role under the lock, as the change before may have taken it away.
 */
async function lockedCollection(tx: Transaction, slug: string, scope: Prisma.CollectionWhereInput): Promise<string> {
  if (!isSlug(slug)) throw notFound("collection");
  await lockCollectionBySlug(tx, slug);
  const collection = await tx.collection.findFirst({ where: { AND: [{ slug }, scope] }, select: { id: true } });
  if (!collection) throw notFound("collection");
  return collection.id;
}

async function requireOtherOwner(tx: Transaction, collectionId: string, userId: string): Promise<void> {
  const other = await tx.member.findFirst({
    where: { collectionId, role: "owner", userId: { not: userId } },
    select: { userId: true },
  });
  if (!other) throw new AppError("CONFLICT", "A collection needs an owner. Make another member an owner first.");
}

function isUserId(text: string): boolean {
  return setMemberInput.shape.userId.safeParse(text).success;
}
