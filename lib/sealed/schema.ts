import { z } from "zod";

/** The cursor of any list in a URL: room for a position of up to 768 bytes. Only the list itself knows whether it is one of its own. */
export const cursorText = z.string().max(1_100);

/** The most items that a page of any list has. */
export const maxPageItems = 200;

/** Query parameters of a list. */
export const pageInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(maxPageItems).optional(),
  cursor: cursorText.optional(),
});

/** The cursor of the next page; null on the last one. */
export const nextCursor = cursorText.nullable();

/** Where the next page of a list by time starts: after the row of this time and id. In a cursor the time is in milliseconds. */
export const timePosition = z
  .tuple([z.int().nonnegative(), z.uuid()])
  .transform(([time, id]) => ({ createdAt: new Date(time), id }));
export type TimePosition = z.output<typeof timePosition>;
