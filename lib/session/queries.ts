import "server-only";
import { sessionOfViewer, type Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { type List, openCursor, pageOfRows } from "@/lib/sealed/cursor";
import { timePosition } from "@/lib/sealed/schema";
import { sessionRows } from "./rows";
import type { SessionListInput, SessionPage } from "./schema";

/** Whose list a cursor is of: another person's is refused. */
const listOf = (userId: string): List => ["sessions", userId];

/** Returns the viewer's sessions that have not ended, the newest sign-in first. Throws UNAUTHENTICATED without a session, INVALID. */
export async function sessionsOf(viewer: Viewer, { limit, cursor }: SessionListInput): Promise<SessionPage> {
  const { userId, sessionId } = sessionOfViewer(viewer);
  const after = cursor === undefined ? {} : { after: openCursor(listOf(userId), cursor, timePosition) };
  const rows = await sessionRows(db(), userId, { limit: limit + 1, ...after });
  const page = pageOfRows(listOf(userId), rows, limit, ({ created_at, id }) => [created_at.getTime(), id]);
  const items = page.rows.map((row) => ({
    id: row.id,
    device: row.device,
    ipAddress: row.ip_address,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    isCurrent: row.id === sessionId,
  }));
  return { items, nextCursor: page.nextCursor };
}
