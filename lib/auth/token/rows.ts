import "server-only";
import { sql } from "kysely";
import { columns, execute, now, query, rowsOf, type Transaction } from "@/lib/db";
import { ago } from "../rows";
import { tokenPolicy } from "./policy";

const t = columns("token", "t");
const isUseDue = sql<boolean>`coalesce(${t.last_used_at} < ${ago(tokenPolicy.usedEverySeconds)}, true)`;

const found = query
  .selectFrom("token as t")
  .innerJoin("user as u", "u.id", "t.user_id")
  .where("u.disabled_at", "is", null)
  .where((eb) => eb.or([eb("t.expires_at", "is", null), eb("t.expires_at", ">", now)]))
  .select(["t.id", "t.name", "t.scopes", "t.collection_id as collectionId"])
  .select(["u.id as userId", "u.name as userName", "u.email", isUseDue.as("isUseDue")]);

/** A token that is valid now, with its user. */
export type LiveToken = {
  id: string;
  name: string;
  scopes: string[];
  collectionId: string | null;
  userId: string;
  userName: string | null;
  email: string;
};

/** Returns the token with this hash while it is valid, else null. Records that it was used, if that was not done lately. */
export async function findToken(on: Transaction, hash: string): Promise<LiveToken | null> {
  const [row] = await rowsOf(on, found.where("t.hash", "=", hash));
  if (!row) return null;
  const { isUseDue: isDue, ...token } = row;
  if (isDue) {
    const { last_used_at } = columns("token");
    const used = query.updateTable("token").set({ last_used_at: now }).where("id", "=", token.id);
    // Of several requests at once, one writes.
    await execute(on, used.where(sql<boolean>`coalesce(${last_used_at} < ${ago(tokenPolicy.usedEverySeconds)}, true)`));
  }
  return token;
}
