import "server-only";
import { sql } from "kysely";
import { db, execute, now, query, rowsOf, unnest } from "@/lib/db";
import { uploadPolicy } from "../policy";

const secondsAgo = (seconds: number) => sql<Date>`now() - make_interval(secs => ${seconds})`;

const walkEverySeconds = 24 * 60 * 60;
/** A walk that was cut short is resumed by another worker this much later. */
const leaseSeconds = 5 * 60;

/**
 * Leases the walk over the prefixes: returns where to resume it, empty for its start. Returns null while another worker has it,
 * and when the last walk began less than a day ago and is over. By the database's clock.
 */
export async function leaseWalk(): Promise<string | null> {
  const [walk] = await rowsOf(
    db(),
    query
      .updateTable("prefix_walk")
      .set(({ eb }) => ({
        leased_until: sql<Date>`now() + make_interval(secs => ${leaseSeconds})`,
        started_at: eb.case().when("position", "=", "").then(now).else(eb.ref("started_at")).end(),
      }))
      .where("leased_until", "<=", now)
      .where(({ eb, or }) => or([eb("position", "<>", ""), eb("started_at", "<=", secondsAgo(walkEverySeconds))]))
      .returning("position"),
  );
  return walk?.position ?? null;
}

/** Ends the lease; the next walk resumes at `position`, empty at its end. */
export async function endWalk(position: string): Promise<void> {
  // Long ago: the column has milliseconds, so that the present may be rounded into the future.
  await execute(db(), query.updateTable("prefix_walk").set({ position, leased_until: new Date(0) }));
}

/** An upload as a prefix names it. */
export type NamedUpload = { prefix: string; collectionId: string; uploadId: string };

/** Selects the prefixes of those of these uploads that this database has. */
export async function selectKnownPrefixes(named: NamedUpload[]): Promise<Set<string>> {
  const rows = await rowsOf(
    db(),
    query
      .selectFrom(unnest("n", named, { prefix: "text", collectionId: "uuid", uploadId: "uuid" }))
      .innerJoin("upload as u", (join) =>
        join.onRef("u.id", "=", "n.uploadId").onRef("u.collection_id", "=", "n.collectionId"),
      )
      .select("n.prefix"),
  );
  return new Set(rows.map(({ prefix }) => prefix));
}

/** What was found under `media/`: a folder, as the listing says, or exactly this key. */
export type Entry = { prefix: string; isFolder: boolean };

/** Records entries that belong to no upload, those that are not recorded yet. Returns their number. */
export async function insertUnknown(entries: Entry[]): Promise<number> {
  if (entries.length === 0) return 0;
  return execute(
    db(),
    query
      .insertInto("unknown_prefix")
      .values(entries.map(({ prefix, isFolder }) => ({ prefix, is_folder: isFolder })))
      .onConflict((conflict) => conflict.doNothing()),
  );
}

export async function deleteUnknown(prefixes: string[]): Promise<void> {
  if (prefixes.length === 0) return;
  await execute(
    db(),
    query.deleteFrom("unknown_prefix").where(({ eb, fn, val }) => eb("prefix", "=", fn.any(val(prefixes)))),
  );
}

/** Starts the time of an entry again: something there is too young to be removed, or is kept. */
export async function postponeUnknown(prefix: string): Promise<void> {
  await execute(db(), query.updateTable("unknown_prefix").set({ first_seen_at: now }).where("prefix", "=", prefix));
}

const retryAfterSeconds = 24 * 60 * 60;

/** Makes an entry due again a day later, after those that wait: it could not be removed. */
export async function retryUnknown(prefix: string): Promise<void> {
  const first_seen_at = secondsAgo(uploadPolicy.unknownPrefixSeconds - retryAfterSeconds);
  await execute(db(), query.updateTable("unknown_prefix").set({ first_seen_at }).where("prefix", "=", prefix));
}

/** Selects entries that have been known as unknown for long enough, the oldest first. */
export async function selectDue(limit: number): Promise<Entry[]> {
  return rowsOf(
    db(),
    query
      .selectFrom("unknown_prefix")
      .select(["prefix", "is_folder as isFolder"])
      .where("first_seen_at", "<=", secondsAgo(uploadPolicy.unknownPrefixSeconds))
      .orderBy("first_seen_at")
      .limit(limit),
  );
}
