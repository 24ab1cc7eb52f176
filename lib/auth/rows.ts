import "server-only";
import { expressionBuilder, sql } from "kysely";
import { columns, execute, now, query, rowsOf, type Tables, type Transaction } from "@/lib/db";
import { sessionPolicy } from "./policy";

const { maxAgeSeconds, maxIdleSeconds, maxPerUser, seenEverySeconds } = sessionPolicy;
const s = columns("session", "s");

/** A time before now, by the database's clock: those of several sites differ. */
export const ago = (seconds: number) => sql<Date>`now() - make_interval(secs => ${seconds})`;

/** Sessions `s` that have not ended, with their user `u`. */
export const liveSessions = query
  .selectFrom("session as s")
  .innerJoin("user as u", "u.id", "s.user_id")
  .where("u.disabled_at", "is", null)
  .whereRef("s.epoch", "=", "u.session_epoch")
  .where("s.created_at", ">", ago(maxAgeSeconds))
  .where("s.last_seen_at", ">", ago(maxIdleSeconds));

const found = liveSessions.select([
  "s.id",
  "u.id as userId",
  "u.name",
  "u.email",
  sql<Date>`least(
    ${s.created_at} + make_interval(secs => ${maxAgeSeconds}),
    ${s.last_seen_at} + make_interval(secs => ${maxIdleSeconds})
  )`.as("endsAt"),
  sql<boolean>`${s.last_seen_at} < ${ago(seenEverySeconds)}`.as("isSeenDue"),
]);

/** A session that has not ended, and when it will. */
export type LiveSession = { id: string; userId: string; name: string | null; email: string; endsAt: Date };

/** Returns a session that has not ended; null for another id. Records that it was seen, if that was not done lately. */
export async function findSession(on: Transaction, sessionId: string): Promise<LiveSession | null> {
  const [row] = await rowsOf(on, found.where("s.id", "=", sessionId));
  if (!row) return null;
  const { isSeenDue, ...session } = row;
  if (isSeenDue) {
    const seen = query.updateTable("session").set({ last_seen_at: now }).where("id", "=", sessionId);
    // Of several requests at once, one writes.
    await execute(on, seen.where("last_seen_at", "<", ago(seenEverySeconds)));
  }
  return session;
}

type NewSession = { userId: string; epoch: number; device: string; ipAddress: string | null };

/**
 * Adds a session and returns its id; null where the user is gone or disabled, or their epoch was raised since `epoch` was read.
 * If that happens at the same time, the session has ended from its start.
 */
export async function insertSession(on: Transaction, session: NewSession): Promise<string | null> {
  const { userId, epoch, device, ipAddress } = session;
  const { eb } = expressionBuilder<Tables, "user">();
  const values = query
    .selectFrom("user")
    .select(["id", "session_epoch", eb.val(device).as("device"), eb.val(ipAddress).as("ip_address")])
    .where("id", "=", userId)
    .where("session_epoch", "=", epoch)
    .where("disabled_at", "is", null);
  const columnNames = ["user_id", "epoch", "device", "ip_address"] as const;
  const [row] = await rowsOf(on, query.insertInto("session").columns(columnNames).expression(values).returning("id"));
  return row?.id ?? null;
}

/** Deletes sessions of a user beyond `sessionPolicy.maxPerUser`, those that have not been used for longest. */
export async function trimSessions(on: Transaction, userId: string): Promise<void> {
  const own = sessionIds.where("user_id", "=", userId);
  const kept = own.orderBy("last_seen_at", "desc").orderBy("id").limit(maxPerUser);
  await execute(on, deletion(own.where("id", "not in", kept)));
}

export const sessionIds = query.selectFrom("session").select("id");

/** Deletes sessions but those in use by another statement: it never waits for locks, so it is never part of a deadlock. */
export function deletion(ids: typeof sessionIds) {
  return query.deleteFrom("session").where("id", "in", ids.forUpdate().skipLocked());
}
