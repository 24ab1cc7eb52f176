import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";

/** Returns uploads whose undo or redo is not finished, for the worker's sweep: in progress, or cut short. */
export async function uploadsToUndo(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("upload");
  const undos = await db().uploadUndo.findMany({
    where: { cursor: { not: null } },
    select: { uploadId: true },
    orderBy: { at: "asc" },
    take: limit,
  });
  return undos.map(({ uploadId }) => uploadId);
}
