import "server-only";
import { createHmac } from "node:crypto";
import { db, Prisma, type Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockName } from "@/lib/locks";
import { hashPassword, verifyPassword } from "./password";
import { signInPolicy } from "./policy";
import { type CreateUserInput, type SignUpInput, signInInput } from "./schema";
import { mintUserViewer, originOfViewer, type SystemViewer, type UserViewer, type Viewer } from "./viewer";

/** The columns of a user that a session needs. */
export const sessionUserSelect = { id: true, email: true, name: true, sessionEpoch: true } as const;
export type SessionUser = Prisma.UserGetPayload<{ select: typeof sessionUserSelect }>;

/**
 * Creates an account on an operator's behalf (command line, demo, tests). Without a password the user can sign in by a
 * provider only. Throws CONFLICT when the e-mail address is taken.
 */
export async function createUser(viewer: SystemViewer, input: CreateUserInput): Promise<UserViewer> {
  const { email, name, password, isAdmin } = input;
  const passwordHash = password === undefined ? null : await hashPassword(password);
  const user = await insertUser(viewer, { email, name: name ?? null, passwordHash, isAdmin }, "user.created");
  return mintUserViewer(user);
}

/** Creates an account for the person signing up. Throws CONFLICT when the e-mail address is taken. */
export async function signUp(viewer: Viewer, { email, name, password }: SignUpInput): Promise<void> {
  const passwordHash = await hashPassword(password);
  await insertUser(viewer, { email, name: name ?? null, passwordHash }, "user.signedUp");
}

/** Returns the viewer of a user, for operators acting on their behalf. Throws NOT_FOUND. */
export async function viewerOfEmail(_viewer: SystemViewer, email: string): Promise<UserViewer> {
  const user = await db().user.findUnique({
    where: { email: email.trim().toLowerCase(), disabledAt: null },
    select: sessionUserSelect,
  });
  if (!user) throw notFound("user");
  return mintUserViewer(user);
}

async function insertUser(viewer: Viewer, data: Prisma.UserCreateInput, action: "user.created" | "user.signedUp") {
  try {
    return await db().$transaction(async (tx) => {
      const user = await tx.user.create({ data, select: sessionUserSelect });
      const actor = action === "user.signedUp" ? mintUserViewer(user, originOfViewer(viewer)) : viewer;
      await recordEvent(tx, actor, { action, subjectType: "user", subjectId: user.id });
      return user;
    });
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002")) throw error;
    const message = "An account with this e-mail address already exists. Sign in instead.";
    throw new AppError("CONFLICT", message, { issues: [{ path: "email", message }] });
  }
}

/**
 * Returns the user with this e-mail and password, or null when either is wrong or the account is disabled: one answer, so that
 * a stranger does not learn which. Throws RATE_LIMITED after too many failed attempts for one account (existing or not) or from
 * one IP address. `recordAs` is the event of a success; any other than a sign-in does not reset the count of failures.
 */
export async function checkPassword(
  viewer: Viewer,
  form: unknown,
  recordAs: "user.signedIn" | "user.passwordConfirmed" = "user.signedIn",
): Promise<SessionUser | null> {
  const parsed = signInInput.safeParse(form);
  if (!parsed.success) return null;
  const { email, password } = parsed.data;
  const user = await db().user.findUnique({
    where: { email },
    select: { ...sessionUserSelect, passwordHash: true, disabledAt: true },
  });
  const subject: Subject = user ? { type: "user", id: user.id } : { type: "email", id: keyedHash(email) };
  const eventId = await reserveAttempt(viewer, subject);
  if (!(await verifyPassword(user?.passwordHash ?? null, password)) || !user) return null;
  const { passwordHash: _, disabledAt, ...sessionUser } = user;
  if (disabledAt) return null;
  await db().event.update({
    where: { id: eventId },
    data: { action: recordAs, actorId: user.id, actorName: mintUserViewer(user).name },
  });
  return sessionUser;
}

type Subject = { type: "user" | "email"; id: string };

/**
 * Records the attempt as failed before the password is checked; a success changes the record later. So concurrent attempts
 * are counted like sequential ones, in every process.
 */
async function reserveAttempt(viewer: Viewer, subject: Subject): Promise<bigint> {
  const { ipAddress = null } = originOfViewer(viewer);
  return db().$transaction(async (tx) => {
    // Always the address before the account: one lock order prevents deadlocks.
    if (ipAddress !== null) await lockName(tx, `sign-in from ${ipAddress}`);
    await lockName(tx, `sign-in ${subject.id}`);
    const freeAt = await refusedUntil(tx, subject.id, ipAddress);
    if (freeAt > Date.now()) {
      throw new AppError("RATE_LIMITED", "Too many failed sign-in attempts. Wait 15 minutes, then try again.", {
        retryAfterSeconds: Math.max(1, Math.ceil((freeAt - Date.now()) / 1_000)),
      });
    }
    return recordEvent(tx, viewer, {
      action: "user.signInFailed",
      subjectType: subject.type,
      subjectId: subject.id,
    });
  });
}

/** Returns when the next attempt is allowed, in milliseconds since the epoch; 0 when no limit is reached. */
async function refusedUntil(tx: Transaction, subjectId: string, ipAddress: string | null): Promise<number> {
  const { maxFailures, maxPerAccount, maxPerAddress, windowSeconds } = signInPolicy;
  const windowStart = new Date(Date.now() - windowSeconds * 1_000);
  const lastSuccess = async (filter: Prisma.EventWhereInput) => {
    const success = await tx.event.findFirst({
      where: { action: "user.signedIn", ...filter, at: { gte: windowStart } },
      orderBy: { at: "desc" },
      select: { at: true },
    });
    return success?.at ?? windowStart;
  };
  // A success resets an account's count but not an address's: an attacker can sign in to an account of their own.
  const limits = [
    { filter: { subjectId, ipAddress }, max: maxFailures, since: await lastSuccess({ subjectId, ipAddress }) },
    { filter: { subjectId }, max: maxPerAccount, since: await lastSuccess({ subjectId }) },
    ...(ipAddress === null ? [] : [{ filter: { ipAddress }, max: maxPerAddress, since: windowStart }]),
  ];
  let until = 0;
  for (const { filter, max, since } of limits) {
    const oldest = await tx.event.findFirst({
      where: { action: "user.signInFailed", ...filter, at: { gt: since } },
      orderBy: { at: "desc" },
      skip: max - 1,
      select: { at: true },
    });
    if (oldest) until = Math.max(until, oldest.at.getTime() + windowSeconds * 1_000);
  }
  return until;
}

/** Hashes an unknown e-mail address for the log. People type passwords into the e-mail field, so it is never stored as typed. */
function keyedHash(email: string): string {
  return createHmac("sha256", env().NEXTAUTH_SECRET).update(email).digest("hex").slice(0, 32);
}
