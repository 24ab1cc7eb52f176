import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";

/**
 * Returns when this database last became the owner of a bucket while it had uploads under way: by an operator's take-over, or by
 * the first claim after an update from a version without owners. Null when that never happened.
 */
export async function takenOverAt(viewer: Viewer): Promise<Date | null> {
  if (viewer.kind !== "system") throw notFound("bucket");
  const row = await db().bucketOwner.findFirst({ select: { takenOverAt: true } });
  return row?.takenOverAt ?? null;
}

/**
 * Returns since when this database owns the bucket: the last take-over, else its first look at the bucket. What is older may be all
 * that is left of media which a restored database does not know. Throws NOT_FOUND while it owns none.
 */
export async function ownerSince(viewer: Viewer): Promise<Date> {
  if (viewer.kind !== "system") throw notFound("bucket");
  const row = await db().bucketOwner.findFirst({ select: { takenOverAt: true, createdAt: true } });
  if (!row) throw notFound("bucket");
  return row.takenOverAt ?? row.createdAt;
}
