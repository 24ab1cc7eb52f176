import "server-only";
import { createHmac } from "node:crypto";
import { db, Prisma, type Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { hashPassword, verifyPassword } from "./password";
import { signInPolicy } from "./policy";
import { lockName } from "./rows";
import { type CreateUserInput, type SignUpInput, signInInput } from "./schema";
import { mintUserViewer, originOfViewer, type SystemViewer, type UserViewer, type Viewer } from "./viewer";

/** The part of a user row that a new session is made of. */
export const sessionUserSelect = { id: true, email: true, name: true, sessionEpoch: true } as const;
export type SessionUser = Prisma.UserGetPayload<{ select: typeof sessionUserSelect }>;

/** An account made by whoever runs the site: the command line, the demo, a test. Without a password it can only use a provider. */
export async function createUser(viewer: SystemViewer, input: CreateUserInput): Promise<UserViewer> {
  const { email, name, password, isAdmin } = input;
  const passwordHash = password === undefined ? null : await hashPassword(password);
  const user = await insertUser(viewer, { email, name: name ?? null, passwordHash, isAdmin }, "user.created");
  return mintUserViewer(user);
}

/** An account somebody makes for themselves. CONFLICT when the address has one. */
export async function signUp(viewer: Viewer, { email, name, password }: SignUpInput): Promise<void> {
  const passwordHash = await hashPassword(password);
  await insertUser(viewer, { email, name: name ?? null, passwordHash }, "user.signedUp");
}

/** The viewer for work on a person's behalf, as the command line does it. */
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
    const message = "There is an account with this e-mail address already. Sign in instead.";
    throw new AppError("CONFLICT", message, { issues: [{ path: "email", message }] });
  }
}

/**
 * The user behind e-mail and password, or null when they do not belong together. Throws RATE_LIMITED after too many
 * failures for one account, whether it exists or not, or from one address, and UNAUTHENTICATED when the right password is that of a disabled user.
 */
export async function checkPassword(viewer: Viewer, form: unknown): Promise<SessionUser | null> {
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
  if (disabledAt) throw new AppError("UNAUTHENTICATED", "This account is disabled. Ask whoever runs this site.");
  await db().event.update({
    where: { id: eventId },
    data: { action: "user.signedIn", actorId: user.id, actorName: mintUserViewer(user).name },
  });
  return sessionUser;
}

type Subject = { type: "user" | "email"; id: string };

/**
 * Writes the attempt down as failed before the password is looked at; success turns the line into "signed in". So a
 * thousand attempts at once are counted like a thousand in a row, in whichever process they arrive.
 */
async function reserveAttempt(viewer: Viewer, subject: Subject): Promise<bigint> {
  const { ipAddress = null } = originOfViewer(viewer);
  return db().$transaction(async (tx) => {
    // The address first, always: whoever holds an account's lock waits for no other.
    if (ipAddress !== null) await lockName(tx, `sign-in from ${ipAddress}`);
    await lockName(tx, `sign-in ${subject.id}`);
    const freeAt = await refusedUntil(tx, subject.id, ipAddress);
    if (freeAt > Date.now()) {
      throw new AppError("RATE_LIMITED", "Too many failed attempts to sign in. Wait 15 minutes, then try again.", {
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

/** When the next attempt may be made, in milliseconds; 0 when none of the limits is reached. */
async function refusedUntil(tx: Transaction, subjectId: string, ipAddress: string | null): Promise<number> {
  const { maxFailures, maxPerAccount, maxPerAddress, windowSeconds } = signInPolicy;
  const windowStart = new Date(Date.now() - windowSeconds * 1_000);
  const lastSuccess = async (whose: Prisma.EventWhereInput) => {
    const success = await tx.event.findFirst({
      where: { action: "user.signedIn", ...whose, at: { gte: windowStart } },
      orderBy: { at: "desc" },
      select: { at: true },
    });
    return success?.at ?? windowStart;
  };
  // An account's failures are forgotten at its next success; an address's are not: guessers have accounts, too.
  const limits = [
    { whose: { subjectId, ipAddress }, max: maxFailures, since: await lastSuccess({ subjectId, ipAddress }) },
    { whose: { subjectId }, max: maxPerAccount, since: await lastSuccess({ subjectId }) },
    ...(ipAddress === null ? [] : [{ whose: { ipAddress }, max: maxPerAddress, since: windowStart }]),
  ];
  let until = 0;
  for (const { whose, max, since } of limits) {
    const oldest = await tx.event.findFirst({
      where: { action: "user.signInFailed", ...whose, at: { gt: since } },
      orderBy: { at: "desc" },
      skip: max - 1,
      select: { at: true },
    });
    if (oldest) until = Math.max(until, oldest.at.getTime() + windowSeconds * 1_000);
  }
  return until;
}

/** People type passwords into the e-mail field: the log gets a keyed hash of an address nobody has. */
function keyedHash(email: string): string {
  return createHmac("sha256", env().NEXTAUTH_SECRET).update(email).digest("hex").slice(0, 32);
}
