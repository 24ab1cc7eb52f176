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
