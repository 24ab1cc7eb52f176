import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import type { Prisma } from "@/lib/db";
import { type Ability, rolesThatMay, visibilitiesOpenTo } from "./policy";

/** The collections in which the viewer has the ability, as a `where`: an unauthorized row is never read. */
export function collectionsWhere(viewer: Viewer, ability: Ability): Prisma.CollectionWhereInput {
  if (viewer.kind === "system") return { deletedAt: null };
  const open: Prisma.CollectionWhereInput = { visibility: { in: visibilitiesOpenTo(ability) } };
  if (viewer.kind === "anonymous") return { deletedAt: null, ...open };
  const member = { members: { some: { userId: viewer.userId, role: { in: rolesThatMay(ability) } } } };
  return { deletedAt: null, OR: [open, member] };
}
