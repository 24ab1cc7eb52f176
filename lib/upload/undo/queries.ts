import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { notFound } from "@/lib/errors";

/** For the worker's sweep: being undone or redone, whether somebody is at it or was cut short. */
export async function uploadsToTurn(viewer: Viewer, limit: number): Promise<string[]> {
  if (viewer.kind !== "system") throw notFound("upload");
  const uploads = await db().upload.findMany({
    where: { turningSince: { not: null } },
    select: { id: true },
    orderBy: { turningSince: "asc" },
    take: limit,
  });
  return uploads.map(({ id }) => id);
}
