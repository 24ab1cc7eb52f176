import "server-only";
import { refund, spend } from "@/lib/budget/commands";
import { networkOf } from "@/lib/budget/policy";
import { db, type Prisma, type Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound } from "@/lib/errors";
import { emailSubject, recordEvent } from "@/lib/event/commands";
import { admit, redeemAdmission } from "@/lib/invitation/commands";
import { provesAddresses } from "@/lib/invitation/queries";
import { lockName } from "@/lib/locks";
import { type Attempt, chargesOf, refundsOf } from "./attempt";
import type { Device } from "./device";
import { hashPassword, verifyPassword } from "./password";
import { demoEmail } from "./policy";
import { type CreateUserInput, type SignUpInput, signInInput } from "./schema";
import { mintUserViewer, type Origin, originOfViewer, type SystemViewer, type UserViewer, type Viewer } from "./viewer";

/** The columns of a user that a session needs. */
export const sessionUserSelect = { id: true, email: true, name: true, sessionEpoch: true } as const;
export type SessionUser = Prisma.UserGetPayload<{ select: typeof sessionUserSelect }>;

/**
 * Creates an account on an operator's behalf (command line, demo, tests). Without a password the user can sign in by a
 * provider only. Throws CONFLICT when the e-mail address is taken.
 */
export async function createUser(
  viewer: SystemViewer,
  input: CreateUserInput,
): Promise<UserViewer & { isAdmin: boolean }> {
  const { email, name, password, isAdmin } = input;
  const passwordHash = password === undefined ? null : await hashPassword(password, null);
  return db().$transaction(async (tx) => {
    const user = await insertUser(tx, {
      email,
      name: name ?? null,
      passwordHash,
      ...(isAdmin !== undefined && { isAdmin }),
    });
    if (!user) throw addressTaken();
    await recordEvent(tx, viewer, { action: "user.created", subjectType: "user", subjectId: user.id });
    return { ...mintUserViewer(user), isAdmin: user.isAdmin };
  });
}

/**
 * Creates an account for the person signing up. Where addresses are not proven by mail, an address that is taken gets the same
 * answer and the same work, and its account stays as it is: nothing tells who has one. Throws NOT_FOUND (not invited),
 * RATE_LIMITED, INVALID (password), CONFLICT (taken, told only to those who proved that the address is theirs).
 */
export async function signUp(viewer: Viewer, { email, name, password, invitation: token }: SignUpInput): Promise<void> {
  const origin = originOfViewer(viewer);
  await spendSignUp(viewer);
  const admission = await admit(viewer, { token, email, isVerified: false });
  const { isVerified } = admission;
  if (provesAddresses() && !isVerified) throw new AppError("INVALID", "Open the link in the mail to you first.");
  const passwordHash = await hashPassword(password, { email: admission.email, name: name ?? null });
  const verified = isVerified ? { emailVerified: new Date() } : {};
  await db().$transaction(async (tx) => {
    const user = await insertUser(tx, { email: admission.email, name: name ?? null, passwordHash, ...verified });
    if (!user && isVerified) throw addressTaken();
    await redeemAdmission(tx, admission);
    if (user) await recordSignUp(tx, user, origin);
    else await recordEvent(tx, viewer, { action: "user.signUpRepeated", ...emailSubject(admission.email) });
  });
}

/** A user's account with a provider, as the provider names it. */
export type ProviderAccount = { type: string; provider: string; providerAccountId: string };

/**
 * Creates an account for a person whom a provider vouches for, e-mail address included. Throws NOT_FOUND (not invited),
 * RATE_LIMITED, CONFLICT (taken).
 */
export async function signUpByProvider(
  viewer: Viewer,
  user: { id: string; email: string; name: string | null },
  account: ProviderAccount,
  token: string | undefined,
): Promise<void> {
  await spendSignUp(viewer);
  const admission = await admit(viewer, { token, email: user.email, isVerified: true });
  await db().$transaction(async (tx) => {
    const inserted = await insertUser(tx, { ...user, emailVerified: new Date() });
    if (!inserted) throw addressTaken();
    await tx.account.create({ data: { ...account, userId: user.id }, select: { id: true } });
    await redeemAdmission(tx, admission);
    await recordSignUp(tx, inserted, originOfViewer(viewer), { provider: account.provider });
  });
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

function spendSignUp(viewer: Viewer) {
  return spend(viewer, [{ budget: "signUpsFromNetwork", of: networkOf(originOfViewer(viewer).ipAddress) }]);
}

/** Inserts a user with the site's default quota; null when the address is taken. The first of an empty site is its admin. */
async function insertUser(tx: Transaction, data: Prisma.UserCreateManyInput) {
  const isAdmin = data.isAdmin ?? (await isFirst(tx));
  const [user] = await tx.user.createManyAndReturn({
    data: [{ quotaBytes: env().ATOLL_DEFAULT_QUOTA, ...data, isAdmin }],
    skipDuplicates: true,
    select: { ...sessionUserSelect, isAdmin: true },
  });
  return user ?? null;
}

/** Tells whether the site has no account but the demo's. Of two first ones at once, the second waits here and is not the first. */
async function isFirst(tx: Transaction): Promise<boolean> {
  const someone = () => tx.user.findFirst({ where: { email: { not: demoEmail } }, select: { id: true } });
  if (await someone()) return false;
  await lockName(tx, "first account");
  return (await someone()) === null;
}

function recordSignUp(tx: Transaction, user: SessionUser, origin: Origin, detail: Prisma.InputJsonObject = {}) {
  const actor = mintUserViewer(user, origin);
  return recordEvent(tx, actor, { action: "user.signedUp", subjectType: "user", subjectId: user.id, detail });
}

function addressTaken(): AppError {
  const message = "An account with this e-mail address already exists. Sign in instead.";
  return new AppError("CONFLICT", message, { issues: [{ path: "email", message }] });
}

/**
 * Returns the user with this e-mail and password, or null when either is wrong, or the account is disabled: one answer, so that a
 * stranger does not learn which. Throws RATE_LIMITED after too many failed attempts. An attempt is counted before the password is
 * checked, and a success given back: concurrent attempts are counted like sequential ones, in every process. The work is the same
 * for an address without an account. `recordAs` is the event of a success.
 */
export async function checkPassword(
  viewer: Viewer,
  form: unknown,
  device: Device,
  recordAs: "user.signedIn" | "user.passwordConfirmed" = "user.signedIn",
): Promise<SessionUser | null> {
  const parsed = signInInput.safeParse(form);
  if (!parsed.success) return null;
  const { email, password } = parsed.data;
  const user = await db().user.findUnique({
    where: { email },
    select: { ...sessionUserSelect, passwordHash: true, disabledAt: true },
  });
  const subject = user ? { subjectType: "user" as const, subjectId: user.id } : emailSubject(email);
  const attempt: Attempt = {
    accountId: subject.subjectId,
    network: networkOf(originOfViewer(viewer).ipAddress),
    deviceId: device.idFor({ id: subject.subjectId, sessionEpoch: user?.sessionEpoch ?? 0 }),
  };
  await spend(viewer, chargesOf(attempt));
  const isRight = await verifyPassword(user?.passwordHash ?? null, password);
  if (!isRight || !user || user.disabledAt) {
    await recordEvent(db(), viewer, { action: "user.signInFailed", ...subject });
    return null;
  }
  const { passwordHash: _hash, disabledAt: _disabledAt, ...sessionUser } = user;
  await refund(viewer, refundsOf(attempt));
  await recordEvent(db(), mintUserViewer(user, originOfViewer(viewer)), { action: recordAs, ...subject });
  device.remember(user);
  return sessionUser;
}
