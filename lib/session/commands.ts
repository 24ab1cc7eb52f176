import "server-only";
import type { Device } from "@/lib/auth/device";
import { sessionOfViewer, type Viewer } from "@/lib/auth/viewer";
import { db, type Transaction } from "@/lib/db";
import { AppError, notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { deleteEnded, endOthers } from "./rows";

const deletedAtOnce = 1_000;

/** Ends one of the viewer's own sessions. Throws UNAUTHENTICATED without a session, NOT_FOUND for another person's. */
export async function endSession(viewer: Viewer, sessionId: string): Promise<void> {
  const { userId } = sessionOfViewer(viewer);
  const id = requireId(sessionId, "session");
  await db().$transaction(async (tx) => {
    const { count } = await tx.session.deleteMany({ where: { id, userId } });
    if (count === 0) throw notFound("session");
    await recordEnded(tx, viewer, userId, count);
  });
}

/**
 * Ends the viewer's other sessions and returns how many. Other browsers are no devices of the account any more; this one stays one
 * if it was. Throws UNAUTHENTICATED without a session.
 */
export async function endOtherSessions(viewer: Viewer, device: Device): Promise<number> {
  const own = sessionOfViewer(viewer);
  const { epoch, ended } = await db().$transaction(async (tx) => {
    const kept = await endOthers(tx, own, { isRenewed: false });
    if (!kept) throw new AppError("UNAUTHENTICATED", "Your session has ended. Sign in again.");
    if (kept.ended > 0) await recordEnded(tx, viewer, own.userId, kept.ended);
    return kept;
  });
  const id = own.userId;
  if (device.idFor({ id, sessionEpoch: epoch - 1 }) !== null) device.remember({ id, sessionEpoch: epoch });
  return ended;
}

/** Deletes sessions that have ended by themselves, and returns how many. */
export async function deleteEndedSessions(viewer: Viewer): Promise<number> {
  if (viewer.kind !== "system") throw notFound("session");
  let deleted = 0;
  for (let page = deletedAtOnce; page === deletedAtOnce; deleted += page) page = await deleteEnded(db(), deletedAtOnce);
  return deleted;
}

async function recordEnded(tx: Transaction, viewer: Viewer, userId: string, sessions: number): Promise<void> {
  const subject = { subjectType: "user", subjectId: userId } as const;
  await recordEvent(tx, viewer, { action: "user.sessionsEnded", ...subject, detail: { sessions } });
}
