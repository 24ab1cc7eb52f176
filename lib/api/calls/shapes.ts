import { z } from "zod";
import { pageSize } from "@/lib/media/policy";
import { cursorText } from "@/lib/sealed/schema";

/** The parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(pageSize.max).optional(),
  cursor: cursorText.optional(),
});

/** The answer of every list: `nextCursor` is the cursor of the next page, null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
