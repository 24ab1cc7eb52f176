import "server-only";
import { hash } from "node:crypto";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { notFound } from "@/lib/errors";
import type { Actor } from "@/lib/event/schema";
import { invitationByHash, type LiveInvitation, unmailedInvitationIds } from "./rows";
import type { SignUpState } from "./schema";

/** Returns what is stored of a token: a copy of the database opens no account. */
export function hashToken(token: string): string {
  return hash("sha256", token, "hex");
}

/** Returns the invitation of a token while it can be used; null for one that is used, expired or unknown. Changes nothing. */
export async function liveInvitation(_actor: Actor, token: string | undefined): Promise<LiveInvitation | null> {
  return token ? invitationByHash(db(), hashToken(token)) : null;
}

/** Tells whether an address must be proven by a mail before it gets an account. */
export function provesAddresses(): boolean {
  return env().ATOLL_MAIL_URL !== undefined;
}

/** Returns what a person with this token, or without one, has to do for an account. Redeems nothing. */
export async function signUpState(actor: Actor, token: string | undefined): Promise<SignUpState> {
  const { ATOLL_SIGN_UP } = env();
  if (ATOLL_SIGN_UP === "closed") return { kind: "closed", email: null, isInvalid: false };
  const invitation = await liveInvitation(actor, token);
  const facts = { email: invitation?.email ?? null, isInvalid: token !== undefined && !invitation };
  if (!invitation && ATOLL_SIGN_UP === "invite") return { kind: "notInvited", ...facts };
  const isProven = invitation?.isMailed ?? false;
  return { kind: provesAddresses() && !isProven ? "address" : "account", ...facts };
}

/** Tells whether visitors may ask for an account without an invitation, so that pages offer it. */
export function isSignUpOpen(): boolean {
  return env().ATOLL_SIGN_UP === "open";
}

/** Returns invitations whose mail is not sent: a send that was lost is queued again. */
export async function invitationsToMail(actor: Actor, limit: number): Promise<string[]> {
  if (actor.kind !== "system") throw notFound("invitation");
  return unmailedInvitationIds(db(), limit);
}
