import "server-only";
import { createHmac } from "node:crypto";
import { db, Prisma, type Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { hashPassword, verifyPassword } from "./password";
import { signInPolicy } from "./policy";
import { type CreateUserInput, type SignUpInput, signInInput } from "./schema";
import { mintUserViewer, type SystemViewer, type UserViewer, type Viewer } from "./viewer";

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
      const actor = action === "user.signedUp" ? mintUserViewer(user) : viewer;
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
 * failures for one account, whether it exists or not, and UNAUTHENTICATED when the right password is that of a disabled user.
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
  return db().$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`sign-in ${subject.id}`}, 0))`;
    const failures = await recentFailures(tx, subject);
    const oldest = failures.at(signInPolicy.maxFailures - 1);
    if (oldest) {
      const freeAt = oldest.at.getTime() + signInPolicy.windowSeconds * 1_000;
      throw new AppError(
        "RATE_LIMITED",
        "Too many failed attempts for this account. Wait 15 minutes, then try again.",
        {
          retryAfterSeconds: Math.max(1, Math.ceil((freeAt - Date.now()) / 1_000)),
        },
      );
    }
    return recordEvent(tx, viewer, {
      action: "user.signInFailed",
      subjectType: subject.type,
      subjectId: subject.id,
    });
  });
}

/** Newest first, within the window and since the last success. */
async function recentFailures(tx: Transaction, { id: subjectId }: Subject): Promise<{ at: Date }[]> {
  const windowStart = new Date(Date.now() - signInPolicy.windowSeconds * 1_000);
  const success = await tx.event.findFirst({
    where: { action: "user.signedIn", subjectId, at: { gte: windowStart } },
    orderBy: { at: "desc" },
    select: { at: true },
  });
  return tx.event.findMany({
    where: { action: "user.signInFailed", subjectId, at: { gt: success?.at ?? windowStart } },
    orderBy: { at: "desc" },
    take: signInPolicy.maxFailures,
    select: { at: true },
  });
}

/** People type passwords into the e-mail field: the log gets a keyed hash of an address nobody has. */
function keyedHash(email: string): string {
  return createHmac("sha256", env().NEXTAUTH_SECRET).update(email).digest("hex").slice(0, 32);
}
