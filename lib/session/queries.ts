import "server-only";
import { sessionOfViewer, type Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { sessionRows } from "./rows";
import { type SessionListInput, type SessionPage, sessionCursorText } from "./schema";

/** Returns the viewer's sessions that have not ended, the newest sign-in first. Throws UNAUTHENTICATED without a session. */
export async function sessionsOf(viewer: Viewer, { limit, cursor }: SessionListInput): Promise<SessionPage> {
  const { userId, sessionId } = sessionOfViewer(viewer);
  const rows = await sessionRows(db(), userId, { limit: limit + 1, ...(cursor ? { after: cursor } : {}) });
  const items = rows.slice(0, limit).map((row) => ({
    id: row.id,
    device: row.device,
    ipAddress: row.ip_address,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    isCurrent: row.id === sessionId,
  }));
  const last = rows[limit - 1];
  const hasMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? sessionCursorText({ createdAt: last.created_at, id: last.id }) : null };
}
