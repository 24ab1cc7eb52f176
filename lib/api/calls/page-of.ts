import { z } from "zod";
import { nextCursor } from "@/lib/sealed/schema";

/** The answer of every list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor });
}
