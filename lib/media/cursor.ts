import "server-only";
import { z } from "zod";
import type { SeenCollection } from "@/lib/collection/queries";
import { type List, openCursor, sealCursor } from "@/lib/sealed/cursor";

/**
 * The end of a page. The name that is next in the gallery's order is read from the row with this id: the position has the same
 * length for every path, and so has its cursor.
 */
export type MediaPosition = { takenAt: Date; id: string };

// The years that PostgreSQL and JavaScript format alike.
const minTime = Date.UTC(1000, 0);
const maxTime = Date.UTC(9999, 0);

const positionShape = z
  .tuple([z.int().min(minTime).max(maxTime), z.uuid()])
  .transform(([time, id]): MediaPosition => ({ takenAt: new Date(time), id }));

/** Filters of the gallery join this list. What outsiders see of a collection is another list than what members see. */
function galleryOf({ id, originals }: SeenCollection): List {
  return ["media", id, originals ? "originals" : "outline", "newest first"];
}

export function encodeCursor(collection: SeenCollection, { takenAt, id }: MediaPosition): string {
  return sealCursor(galleryOf(collection), [takenAt.getTime(), id]);
}

/** Parses a cursor of this collection's gallery, as this viewer sees it. Throws INVALID for any other text. */
export function decodeCursor(collection: SeenCollection, text: string): MediaPosition {
  return openCursor(galleryOf(collection), text, positionShape);
}
