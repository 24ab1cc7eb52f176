import "server-only";
import { sessionOfViewer, type Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { type List, openCursor, sealCursor } from "@/lib/sealed/cursor";
import { sessionRows } from "./rows";
import { type SessionListInput, type SessionPage, sessionPosition } from "./schema";

/** Whose list a cursor is of: another person's is refused. */
const listOf = (userId: string): List => ["sessions", userId];

/** Returns the viewer's sessions that have not ended, the newest sign-in first. Throws UNAUTHENTICATED without a session, INVALID. */
export async function sessionsOf(viewer: Viewer, { limit, cursor }: SessionListInput): Promise<SessionPage> {
  const { userId, sessionId } = sessionOfViewer(viewer);
  const after = cursor === undefined ? {} : { after: openCursor(listOf(userId), cursor, sessionPosition) };
  const rows = await sessionRows(db(), userId, { limit: limit + 1, ...after });
  const items = rows.slice(0, limit).map((row) => ({
    id: row.id,
    device: row.device,
    ipAddress: row.ip_address,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    isCurrent: row.id === sessionId,
  }));
  const last = rows[limit - 1];
  if (!last || rows.length <= limit) return { items, nextCursor: null };
  return { items, nextCursor: sealCursor(listOf(userId), [last.created_at.getTime(), last.id]) };
}
