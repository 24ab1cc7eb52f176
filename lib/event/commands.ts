import "server-only";
import { createHmac } from "node:crypto";
import type { Prisma, Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import type { Actor, EventAction, EventSubject } from "./schema";

type NewEvent = {
  action: EventAction;
  subjectType: EventSubject;
  subjectId: string;
  collectionId?: string;
  detail?: Prisma.InputJsonObject;
};

/** Adds an entry to the audit log in the transaction of the change it records. Returns its id. */
export async function recordEvent(tx: Transaction, actor: Actor, event: NewEvent): Promise<bigint> {
  const { detail = {}, ...rest } = event;
  const line = await tx.event.create({ data: { ...rest, ...columnsOf(actor), detail }, select: { id: true } });
  return line.id;
}

/**
 * Returns the subject for an address without a known user: its keyed hash. People type passwords into the e-mail field, so it is
 * never stored as typed.
 */
export function emailSubject(email: string): { subjectType: "email"; subjectId: string } {
  const subjectId = createHmac("sha256", env().NEXTAUTH_SECRET).update(email).digest("hex").slice(0, 32);
  return { subjectType: "email", subjectId };
}

function columnsOf(actor: Actor) {
  if (actor.kind === "system") return { actorName: actor.name };
  const { ipAddress = null } = actor;
  if (actor.kind === "anonymous") return { actorName: "anonymous", ipAddress };
  const token = actor.token ? { tokenId: actor.token.id, tokenName: actor.token.name } : {};
  return { actorId: actor.userId, actorName: actor.name, ipAddress, ...token };
}
