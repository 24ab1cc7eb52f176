import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { AppError, notFound } from "@/lib/errors";
import type { Profile, UserItem } from "./schema";

const usersPerPage = 500;

/** Returns the viewer's own account. Throws UNAUTHENTICATED. */
export async function profileOf(viewer: Viewer): Promise<Profile> {
  if (viewer.kind !== "user") throw new AppError("UNAUTHENTICATED", "Sign in first.");
  const user = await db().user.findUnique({
    where: { id: viewer.userId },
    select: { name: true, email: true, passwordHash: true },
  });
  if (!user) throw notFound("account");
  const { name, email, passwordHash } = user;
  return { name, email, hasPassword: passwordHash !== null };
}

/** Returns accounts in the order of their e-mail addresses, a page of those after `after`; an empty page is the end. */
export async function usersAfter(viewer: Viewer, after: string, limit = usersPerPage): Promise<UserItem[]> {
  if (viewer.kind !== "system") throw notFound("user");
  const users = await db().user.findMany({
    where: { email: { gt: after } },
    orderBy: { email: "asc" },
    take: limit,
    select: { id: true, email: true, name: true, isAdmin: true, passwordHash: true, createdAt: true, disabledAt: true },
  });
  return users.map(({ passwordHash, createdAt, disabledAt, ...user }) => ({
    ...user,
    hasPassword: passwordHash !== null,
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
  }));
}
