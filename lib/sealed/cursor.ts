import "server-only";
import type { z } from "zod";
import { AppError } from "@/lib/errors";
import { seal, unseal } from "./seal";

/**
 * The list a cursor belongs to: its name, whose it is, what its reader may see, its order and each of its filters. A cursor of one
 * list is refused by every other.
 */
export type List = readonly [name: string, ...scope: string[]];

/** Returns the cursor of a list that continues after `position`. Its reader learns nothing of the position. */
export function sealCursor(list: List, position: unknown): string {
  return seal("list cursor", list, position);
}

/** Returns the position in a cursor of this list. Throws INVALID for any other text, and for a cursor of another list or secret. */
export function openCursor<Position extends z.ZodType>(list: List, text: string, shape: Position): z.output<Position> {
  const opened = shape.safeParse(unseal("list cursor", list, text));
  if (opened.success) return opened.data;
  const message = "This cursor is not from this list, or it is no longer valid. Start again without one.";
  throw new AppError("INVALID", message, { issues: [{ path: "cursor", message }] });
}

/** Returns the first `limit` of rows that were selected with one more than that, and the cursor of the page after them. */
export function pageOfRows<Row>(
  list: List,
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => unknown,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, nextCursor: last && rows.length > limit ? sealCursor(list, positionOf(last)) : null };
}
