import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";

/** Returns when an operator last took the bucket over with this database; null when that never happened. */
export async function takenOverAt(viewer: Viewer): Promise<Date | null> {
  if (viewer.kind !== "system") throw notFound("bucket");
  const row = await db().bucketOwner.findFirst({ select: { takenOverAt: true } });
  return row?.takenOverAt ?? null;
}
