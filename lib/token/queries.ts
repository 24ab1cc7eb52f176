import "server-only";
import { sessionOfViewer, type Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";
import { type List, openCursor, pageOfRows } from "@/lib/sealed/cursor";
import { timePosition } from "@/lib/sealed/schema";
import { toItem, tokenSelect } from "./present";
import type { TokenListInput, TokenOfUser, TokenPage } from "./schema";

const tokensPerPage = 500;

/** Whose list a cursor is of: another person's is refused. */
const listOf = (userId: string): List => ["tokens", userId];

/**
 * Returns the viewer's tokens, the newest first, expired ones among them for a while. Throws UNAUTHENTICATED without a session (a token
 * lists no tokens), INVALID (cursor).
 */
export async function tokensOf(viewer: Viewer, { limit, cursor }: TokenListInput): Promise<TokenPage> {
  const { userId } = sessionOfViewer(viewer);
  const after = cursor === undefined ? null : openCursor(listOf(userId), cursor, timePosition);
  const earlier = after && {
    OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
  };
  const rows = await db().token.findMany({
    where: { userId, ...earlier },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit + 1,
    select: tokenSelect,
  });
  const page = pageOfRows(listOf(userId), rows, limit, ({ createdAt, id }) => [createdAt.getTime(), id]);
  return { items: page.rows.map(toItem), nextCursor: page.nextCursor };
}

/** Returns tokens of all users, or of one, in the order of their ids: a page of those after `after`; an empty page is the end. */
export async function tokensAfter(
  viewer: Viewer,
  after: string,
  email?: string,
  limit = tokensPerPage,
): Promise<TokenOfUser[]> {
  if (viewer.kind !== "system") throw notFound("token");
  const rows = await db().token.findMany({
    where: { id: { gt: after }, ...(email === undefined ? {} : { user: { email } }) },
    orderBy: { id: "asc" },
    take: limit,
    select: { ...tokenSelect, user: { select: { email: true } } },
  });
  return rows.map((row) => ({ ...toItem(row), user: row.user.email }));
}
