import "server-only";
import { checkPassword } from "@/lib/auth/commands";
import type { Device } from "@/lib/auth/device";
import { hashPassword, type PasswordOwner, requireOwnWords } from "@/lib/auth/password";
import { newPassword } from "@/lib/auth/schema";
import { sessionOfViewer, type Viewer } from "@/lib/auth/viewer";
import { db, type Transaction } from "@/lib/db";
import { AppError, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import type { EventAction } from "@/lib/event/schema";
import { lockUserByEmail } from "@/lib/locks";
import { endAll, endOthers, type KeptSession } from "@/lib/session/rows";
import type { ChangePasswordInput } from "./schema";

type Options = { isDryRun?: boolean };

/** Whether an account was changed, and how many sessions ended with it. */
export type AccountChange = { hasChanged: boolean; endedSessions: number };

/**
 * Changes the viewer's own password, ends their other sessions and renews this one, for which `device` is remembered. Throws INVALID for a wrong current password
 * (the answer of an account without one, too) and for a new one that the rules reject, RATE_LIMITED after too many guesses,
 * UNAUTHENTICATED where the session has ended, CONFLICT where the password was changed at the same time.
 */
export async function changePassword(
  viewer: Viewer,
  { currentPassword: password, newPassword }: ChangePasswordInput,
  device: Device,
): Promise<KeptSession> {
  const own = sessionOfViewer(viewer);
  const owner = await db().user.findUniqueOrThrow({ where: { id: own.userId }, select: { email: true, name: true } });
  requireAllowed(newPassword, owner);
  const user = await checkPassword(viewer, { email: owner.email, password }, device, "user.passwordConfirmed");
  if (!user) throw invalid("currentPassword", "Incorrect password.");
  // After the check, which is counted: a hash costs.
  const passwordHash = await hashPassword(newPassword, owner);
  const kept = await db().$transaction(async (tx) => {
    const where = { id: own.userId, sessionEpoch: user.sessionEpoch, disabledAt: null };
    const { count } = await tx.user.updateMany({ where, data: { passwordHash } });
    if (count === 0)
      throw new AppError("CONFLICT", "Your sessions or your password were changed meanwhile. Load the page again.");
    const kept = await endOthers(tx, own, { isRenewed: true });
    if (!kept) throw new AppError("UNAUTHENTICATED", "Your session has ended. Sign in again.");
    const ended = { userId: own.userId, endedSessions: kept.ended };
    await record(tx, viewer, { action: "user.passwordChanged", ...ended });
    return kept;
  });
  device.remember({ id: own.userId, sessionEpoch: kept.epoch });
  return kept;
}

/** Sets a user's password for an operator and ends the user's sessions. Throws NOT_FOUND, INVALID for a password the rules reject. */
export async function setPassword(
  viewer: Viewer,
  { email, password }: { email: string; password: string },
  { isDryRun = false }: Options = {},
): Promise<AccountChange> {
  requireOperator(viewer);
  const owner = await db().user.findUnique({
    where: { email: normalized(email) },
    select: { email: true, name: true },
  });
  if (!owner) throw notFound("user");
  requireAllowed(password, owner);
  const passwordHash = await hashPassword(password, owner);
  return db().$transaction(async (tx) => {
    const { id } = await lockedUser(tx, email);
    if (isDryRun) return wouldChange(tx, id);
    await tx.user.update({ where: { id }, data: { passwordHash }, select: { id: true } });
    const endedSessions = await endAll(tx, id);
    await record(tx, viewer, { action: "user.passwordChanged", userId: id, endedSessions });
    return { hasChanged: true, endedSessions };
  });
}

/**
 * Disables an account and ends its sessions: its user cannot sign in, and nothing is signed for their uploads any more. What
 * they uploaded stays. Idempotent. Throws NOT_FOUND.
 */
export async function disableUser(viewer: Viewer, email: string, options: Options = {}): Promise<AccountChange> {
  return setDisabled(viewer, email, { isDisabled: true, ...options });
}

/** Enables an account that was disabled. Sessions from before stay ended. Idempotent. Throws NOT_FOUND. */
export async function enableUser(viewer: Viewer, email: string, options: Options = {}): Promise<AccountChange> {
  return setDisabled(viewer, email, { isDisabled: false, ...options });
}

async function setDisabled(
  viewer: Viewer,
  email: string,
  { isDisabled, isDryRun = false }: Options & { isDisabled: boolean },
): Promise<AccountChange> {
  requireOperator(viewer);
  return db().$transaction(async (tx) => {
    const { id, disabledAt } = await lockedUser(tx, email);
    if ((disabledAt !== null) === isDisabled) return unchanged;
    if (isDryRun) return wouldChange(tx, id);
    await tx.user.update({ where: { id }, data: { disabledAt: isDisabled ? new Date() : null }, select: { id: true } });
    const endedSessions = isDisabled ? await endAll(tx, id) : 0;
    await record(tx, viewer, { action: isDisabled ? "user.disabled" : "user.enabled", userId: id, endedSessions });
    return { hasChanged: true, endedSessions };
  });
}

const unchanged: AccountChange = { hasChanged: false, endedSessions: 0 };

async function wouldChange(tx: Transaction, userId: string): Promise<AccountChange> {
  return { hasChanged: true, endedSessions: await tx.session.count({ where: { userId } }) };
}

function requireOperator(viewer: Viewer): void {
  if (viewer.kind !== "system") throw notFound("user");
}

function normalized(email: string): string {
  return email.trim().toLowerCase();
}

async function lockedUser(tx: Transaction, email: string): Promise<{ id: string; disabledAt: Date | null }> {
  const locked = await lockUserByEmail(tx, normalized(email));
  if (!locked) throw notFound("user");
  return tx.user.findUniqueOrThrow({ where: { id: locked.id }, select: { id: true, disabledAt: true } });
}

/** Checks that a new password is one that sign-up takes for its owner. Throws INVALID. */
function requireAllowed(password: string, owner: PasswordOwner): void {
  const parsed = newPassword.safeParse(password);
  if (!parsed.success) throw invalid("newPassword", parsed.error.issues[0]?.message ?? "");
  try {
    requireOwnWords(password, owner);
  } catch (thrown) {
    throw thrown instanceof AppError ? invalid("newPassword", thrown.message) : thrown;
  }
}

function invalid(path: string, message: string): AppError {
  return new AppError("INVALID", message, { issues: [{ path, message }] });
}

type Recorded = { action: EventAction; userId: string; endedSessions: number };

async function record(tx: Transaction, viewer: Viewer, { action, userId, endedSessions }: Recorded): Promise<void> {
  await recordEvent(tx, viewer, { action, subjectType: "user", subjectId: userId, detail: { endedSessions } });
}
