import "server-only";
import { db } from "@/lib/db";
import { recordEvent } from "@/lib/event/commands";
import { findSession, insertSession, type LiveSession, trimSessions } from "./rows";
import { type Cookies, sessionIdIn } from "./session-cookies";
import { mintUserViewer, type Origin } from "./viewer";

/** Returns the session that the cookies name; null where it has ended. */
export async function sessionOfCookies(jar: Cookies): Promise<LiveSession | null> {
  const sessionId = await sessionIdIn(jar);
  return sessionId === null ? null : findSession(db(), sessionId);
}

type Start = {
  userId: string;
  /** As it was when the person's identity was checked: a session of an earlier epoch has ended. */
  epoch: number;
  origin: Origin;
  device: string;
  /** The session that the browser had before. It ends: a sign-in never takes over an existing session. */
  replaces: string | null;
};

/**
 * Starts a session for a user who has proven who they are, and returns its id. Returns null where all sessions of the user were
 * ended since, or the account was disabled.
 */
export async function startSession({ userId, epoch, origin, device, replaces }: Start): Promise<string | null> {
  const id = await insertSession(db(), { userId, epoch, device, ipAddress: origin.ipAddress ?? null });
  if (id === null) return null;
  if (replaces !== null) await db().session.deleteMany({ where: { id: replaces } });
  await trimSessions(db(), userId);
  return id;
}

/** Ends the session of a browser that signs out. Idempotent. */
export async function signOut(sessionId: string, origin: Origin): Promise<void> {
  await db().$transaction(async (tx) => {
    const user = { select: { id: true, name: true, email: true } };
    const session = await tx.session.findUnique({ where: { id: sessionId }, select: { user } });
    const { count } = await tx.session.deleteMany({ where: { id: sessionId } });
    if (!session || count === 0) return;
    await recordEvent(tx, mintUserViewer(session.user, origin), {
      action: "user.signedOut",
      subjectType: "user",
      subjectId: session.user.id,
    });
  });
}
