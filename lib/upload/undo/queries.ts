import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";

/** For the worker's sweep: being undone or redone, whether somebody is at it or was cut short. */
export async function uploadsToUndo(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("upload");
  const uploads = await db().upload.findMany({
    where: { undoStartedAt: { not: null } },
    select: { id: true },
    orderBy: { undoStartedAt: "asc" },
    take: limit,
  });
  return uploads.map(({ id }) => id);
}
