import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, firstId } from "@/lib/db";
import { notFound } from "@/lib/errors";
import { longTransaction } from "@/lib/locks";
import { sortPage } from "./rows";

const mediaPerPage = 2_000;

/**
 * Computes the sort paths of media that have none: those from before the gallery was ordered by name. Idempotent, a page a
 * transaction, for the worker's sweep. Ends after `maxPages`, so that other steps of the sweep have their turn.
 */
export async function computeSortPaths(viewer: Viewer, { maxPages = 100, perPage = mediaPerPage } = {}): Promise<void> {
  if (viewer.kind !== "system") throw notFound("picture");
  let after: string | null = firstId;
  for (let pages = 0; pages < maxPages && after !== null; pages += 1) {
    const from: string = after;
    after = await db().$transaction((tx) => sortPage(tx, from, perPage), longTransaction);
  }
}
