import "server-only";
import { sql } from "kysely";
import { execute, now, query, rowsOf, type Transaction } from "@/lib/db";

export type LiveInvitation = {
  id: string;
  email: string | null;
  isMailed: boolean;
  parentId: string | null;
  expiresAt: Date;
};

type NewInvitation = {
  tokenHash: string | null;
  email: string | null;
  isMailed: boolean;
  /** The invitation that it was requested with. */
  requestedWith: LiveInvitation | null;
  lifeSeconds: number;
};

/**
 * Adds an invitation that ends `lifeSeconds` from now, by the database's clock, and with its parent at the latest. The parent of one
 * that was requested with a mailed one is the operator's: parents have no parents, so that redeeming any invitation of a family
 * deletes the whole family.
 */
export async function insertInvitation(
  tx: Transaction,
  { tokenHash, email, isMailed, requestedWith, lifeSeconds }: NewInvitation,
): Promise<{ id: string; expiresAt: Date }> {
  const parentId = requestedWith?.parentId ?? requestedWith?.id ?? null;
  const parentEnd = query.selectFrom("sign_up_invitation").select("expires_at").where("id", "=", parentId);
  const [row] = await rowsOf(
    tx,
    query
      .insertInto("sign_up_invitation")
      .values({
        token_hash: tokenHash,
        email,
        is_mailed: isMailed,
        parent_id: parentId,
        // Without a parent there is no second time, and `least` returns the first.
        expires_at: sql<Date>`least(now() + make_interval(secs => ${lifeSeconds}), (${parentEnd}))`,
      })
      .returning(["id", "expires_at as expiresAt"]),
  );
  if (!row) throw new Error("An inserted row was not returned");
  return row;
}

const live = query
  .selectFrom("sign_up_invitation")
  .select(["id", "email", "is_mailed as isMailed", "parent_id as parentId", "expires_at as expiresAt"])
  .where("expires_at", ">", now);

export async function invitationByHash(on: Transaction, tokenHash: string): Promise<LiveInvitation | null> {
  const [row] = await rowsOf(on, live.where("token_hash", "=", tokenHash));
  return row ?? null;
}

/**
 * Redeems an invitation: deletes it, and the one by which it was requested. Returns false when either is used or expired. The parent
 * goes first, and its children with it: transactions that redeem two children of one parent wait for each other in one order.
 */
export async function redeemInvitation(tx: Transaction, { id, parentId }: LiveInvitation): Promise<boolean> {
  const used = await execute(
    tx,
    query
      .deleteFrom("sign_up_invitation")
      .where("id", "=", parentId ?? id)
      .where("expires_at", ">", now),
  );
  return used > 0;
}

const unmailed = live.where("token_hash", "is", null);

/** Returns an invitation that is to be mailed; null once it was mailed, used or expired. */
export async function unmailedInvitation(on: Transaction, id: string): Promise<LiveInvitation | null> {
  const [row] = await rowsOf(on, unmailed.where("id", "=", id));
  return row ?? null;
}

export async function unmailedInvitationIds(on: Transaction, limit: number): Promise<string[]> {
  const rows = await rowsOf(on, unmailed.orderBy("created_at").limit(limit));
  return rows.map(({ id }) => id);
}

export async function setTokenHash(on: Transaction, id: string, tokenHash: string): Promise<void> {
  await execute(on, query.updateTable("sign_up_invitation").set({ token_hash: tokenHash }).where("id", "=", id));
}

export async function deleteInvitation(on: Transaction, id: string): Promise<void> {
  await execute(on, query.deleteFrom("sign_up_invitation").where("id", "=", id));
}

export async function deleteExpired(on: Transaction): Promise<number> {
  return execute(on, query.deleteFrom("sign_up_invitation").where("expires_at", "<=", now));
}
