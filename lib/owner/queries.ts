import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";

/**
 * Returns since when this database owns the bucket: the last claim, take-over or fail-over, else its first look. What is older may be all
 * that is left of media which a restored database does not know. Throws NOT_FOUND while it owns none.
 */
export async function ownerSince(viewer: Viewer): Promise<Date> {
  if (viewer.kind !== "system") throw notFound("bucket");
  const row = await db().bucketOwner.findFirst({ select: { takenOverAt: true, createdAt: true } });
  if (!row) throw notFound("bucket");
  return row.takenOverAt ?? row.createdAt;
}
