import "server-only";
import { sql } from "kysely";
import { sessionPolicy } from "@/lib/auth/policy";
import { ago, deletion, liveSessions, sessionIds } from "@/lib/auth/rows";
import { columns, execute, query, rowsOf, type Transaction, uuid } from "@/lib/db";
import type { TimePosition } from "@/lib/sealed/schema";

const s = columns("session", "s");

const listed = liveSessions.select(["s.id", "s.device", "s.ip_address", "s.created_at", "s.last_seen_at"]);

/** Returns sessions of a user that have not ended, the newest sign-in first. */
export function sessionRows(
  on: Transaction,
  userId: string,
  { limit, after }: { limit: number; after?: TimePosition },
) {
  const page = listed.where("u.id", "=", userId).orderBy("s.created_at", "desc").orderBy("s.id", "desc").limit(limit);
  if (!after) return rowsOf(on, page);
  const earlier = sql<boolean>`(${s.created_at}, ${s.id}) < (${after.createdAt}, ${uuid(after.id)})`;
  return rowsOf(on, page.where(earlier));
}

/** Ends every session of a user, one that is being started included, and returns how many there were. */
export async function endAll(tx: Transaction, userId: string): Promise<number> {
  await raiseEpoch(tx, userId);
  return execute(tx, query.deleteFrom("session").where("user_id", "=", userId));
}

/** The session that was kept, its epoch, how long it may last, and how many others ended. */
export type KeptSession = { id: string; epoch: number; leftSeconds: number; ended: number };

/**
 * Ends the sessions of a user but this one, and returns how many. With `isRenewed` this one gets a new id, so that a copy of its
 * cookie ends, too. Returns null where it has ended meanwhile.
 */
export async function endOthers(
  tx: Transaction,
  { userId, sessionId }: { userId: string; sessionId: string },
  { isRenewed }: { isRenewed: boolean },
): Promise<KeptSession | null> {
  const epoch = await raiseEpoch(tx, userId);
  const id = isRenewed ? { id: sql<string>`gen_random_uuid()` } : {};
  const { created_at } = columns("session");
  const endsAt = sql`${created_at} + make_interval(secs => ${sessionPolicy.maxAgeSeconds})`;
  const leftSeconds = sql<number>`ceil(extract(epoch FROM ${endsAt} - now()))::int`;
  const own = query.updateTable("session").where("id", "=", sessionId).where("user_id", "=", userId);
  // Of the epoch before: not one that another tab has just ended.
  const kept = own.where("epoch", "=", epoch - 1).set({ epoch, ...id });
  const [row] = await rowsOf(tx, kept.returning(["id", leftSeconds.as("leftSeconds")]));
  if (!row) return null;
  const others = query.deleteFrom("session").where("user_id", "=", userId).where("id", "<>", row.id);
  return { ...row, epoch, ended: await execute(tx, others) };
}

/** Locks the user's row, so that two calls at once follow each other. */
async function raiseEpoch(tx: Transaction, userId: string): Promise<number> {
  const { session_epoch } = columns("user");
  const raised = query.updateTable("user").set({ session_epoch: sql`${session_epoch} + 1` });
  const [row] = await rowsOf(tx, raised.where("id", "=", userId).returning("session_epoch as epoch"));
  return row?.epoch ?? 0;
}

/** Deletes up to `limit` sessions that ended by their age or by not being used, and returns how many. */
export async function deleteEnded(on: Transaction, limit: number): Promise<number> {
  // One beyond its age cannot be used any more, so that its idle time runs out, too: one index finds both.
  const ended = sessionIds.where("last_seen_at", "<=", ago(sessionPolicy.maxIdleSeconds));
  return execute(on, deletion(ended.limit(limit)));
}
