import "server-only";
import { randomBytes } from "node:crypto";
import { spend } from "@/lib/budget/commands";
import { networkOf } from "@/lib/budget/policy";
import { db, type Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound } from "@/lib/errors";
import { emailSubject, recordEvent } from "@/lib/event/commands";
import type { Actor } from "@/lib/event/schema";
import { sendMailJob } from "@/lib/jobs/queue/queue";
import { type Letter, letterOf } from "./letter";
import { invitationPolicy } from "./policy";
import { hashToken, liveInvitation, provesAddresses } from "./queries";
import {
  deleteExpired,
  deleteInvitation,
  insertInvitation,
  type LiveInvitation,
  redeemInvitation,
  setTokenHash,
  unmailedInvitation,
} from "./rows";

/**
 * Invites a person to create an account, on the operator's behalf. Returns the token, which is stored as a hash only. Throws NOT_FOUND,
 * INVALID (the site takes no accounts), CONFLICT (the address has one).
 */
export async function invite(
  actor: Actor,
  { email = null, lifeSeconds = invitationPolicy.lifeSeconds }: { email?: string | null; lifeSeconds?: number },
): Promise<{ token: string; expiresAt: Date }> {
  if (actor.kind !== "system") throw notFound("invitation");
  if (env().ATOLL_SIGN_UP === "closed") {
    throw new AppError("INVALID", "ATOLL_SIGN_UP is closed: create the account with `atoll user create EMAIL`.");
  }
  if (email !== null && (await hasAccount(email)))
    throw new AppError("CONFLICT", "An account with this e-mail address already exists.");
  const token = newToken();
  const expiresAt = await db().$transaction(async (tx) => {
    const link = { tokenHash: hashToken(token), email, isMailed: false, requestedWith: null, lifeSeconds };
    const row = await insertInvitation(tx, link);
    await recordEvent(tx, actor, { action: "user.invited", subjectType: "invitation", subjectId: row.id });
    return row.expiresAt;
  });
  return { token, expiresAt };
}

/**
 * Has a link for creating an account mailed to an address, which thereby proves that it is the person's. Does the same for an address
 * with an account: the worker decides what the mail says. Throws NOT_FOUND (not invited), RATE_LIMITED.
 */
export async function requestInvitation(
  actor: Actor,
  request: { email?: string | undefined; token?: string | undefined },
): Promise<void> {
  const { email, invitation } = await admit(actor, { ...request, isVerified: true });
  if (!provesAddresses()) throw new AppError("INVALID", "This site sends no mail. Create the account directly.");
  const network = networkOf(actor.kind === "system" ? undefined : actor.ipAddress);
  await spend(actor, [
    { budget: "signUpsFromNetwork", of: network },
    { budget: "mailsToAddress", of: emailSubject(email).subjectId },
  ]);
  const id = await db().$transaction(async (tx) => {
    const row = await insertInvitation(tx, {
      tokenHash: null,
      email,
      isMailed: true,
      requestedWith: invitation,
      lifeSeconds: invitationPolicy.mailedLifeSeconds,
    });
    await recordEvent(tx, actor, { action: "user.signUpRequested", ...emailSubject(email) });
    return row.id;
  });
  await sendMailJob(id);
}

/** What lets a person create an account, and the address that it gets. */
export type Admission = {
  readonly email: string;
  /** The address is the person's: by our mail, or by the provider's word. */
  readonly isVerified: boolean;
  readonly invitation: LiveInvitation | null;
};

/**
 * Checks that a person may create an account: the one rule for forms and providers. `isVerified`: the address is known to be the
 * person's. Changes nothing. Throws NOT_FOUND where the site is closed, or the invitation missing, invalid or another person's.
 */
export async function admit(
  actor: Actor,
  { token, email: given, isVerified }: { token?: string | undefined; email?: string | undefined; isVerified: boolean },
): Promise<Admission> {
  const { ATOLL_SIGN_UP } = env();
  if (ATOLL_SIGN_UP === "closed") throw notInvited("New accounts are created by the operator of this site.");
  const invitation = await liveInvitation(actor, token);
  // A dead link is no help where one is needed: for the permission, or for the address.
  if (!invitation && (ATOLL_SIGN_UP === "invite" || (token && !given))) throw notInvited(invalidInvitation);
  const email = invitation?.email ?? given;
  if (email === undefined) {
    const message = "Enter your e-mail address.";
    throw new AppError("INVALID", message, { issues: [{ path: "email", message }] });
  }
  // Where a provider vouches for an address, it must be the invited one. In a form the invited one is filled in.
  if (isVerified && given !== undefined && given !== email) throw notInvited("This invitation is for another address.");
  return { email, isVerified: isVerified || (invitation?.isMailed ?? false), invitation };
}

/** Redeems what let the person in, in the transaction that creates the account. Throws NOT_FOUND when another one was faster. */
export async function redeemAdmission(tx: Transaction, { invitation }: Admission): Promise<void> {
  if (invitation && !(await redeemInvitation(tx, invitation))) throw notInvited(invalidInvitation);
}

const invalidInvitation =
  "This invitation has expired or was used already. Ask the operator of this site for a new one.";

function notInvited(message: string): AppError {
  return new AppError("NOT_FOUND", message);
}

/** A letter, and the hash of the token in it; null in a letter without a link. */
export type Written = { readonly letter: Letter; readonly tokenHash: string | null };

/**
 * Writes the mail of an invitation with a new token; null when there is none to send any more. An address with an account gets a
 * letter without a link. The token is in no row and no job: another attempt makes another one.
 */
export async function writeLetter(actor: Actor, invitationId: string): Promise<Written | null> {
  if (actor.kind !== "system") throw notFound("invitation");
  const invitation = await unmailedInvitation(db(), invitationId);
  if (!invitation?.email) return null;
  const token = newToken();
  const isTaken = await hasAccount(invitation.email);
  const { email: to, expiresAt } = invitation;
  const letter = letterOf({ to, token, expiresAt, hasAccount: isTaken });
  return { letter, tokenHash: isTaken ? null : hashToken(token) };
}

/** Records that an invitation was mailed: from now on its token can be used. Without one, and when refused, it is deleted. */
export async function recordMailed(actor: Actor, invitationId: string, tokenHash: string | null): Promise<void> {
  if (actor.kind !== "system") throw notFound("invitation");
  if (tokenHash === null) await deleteInvitation(db(), invitationId);
  else await setTokenHash(db(), invitationId, tokenHash);
}

export async function deleteExpiredInvitations(actor: Actor): Promise<number> {
  if (actor.kind !== "system") throw notFound("invitation");
  return deleteExpired(db());
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

async function hasAccount(email: string): Promise<boolean> {
  return (await db().user.count({ where: { email } })) > 0;
}
