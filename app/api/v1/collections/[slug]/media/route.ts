import { z } from "zod";
import { parseInput } from "@/lib/action";
import { viewerOf } from "@/lib/auth/session";
import { collectionBySlug } from "@/lib/collection/queries";
import { json, route } from "@/lib/http";
import { pageSize } from "@/lib/media/policy";
import { mediaByIds, mediaPage } from "@/lib/media/queries";
import { cursorText } from "@/lib/sealed/schema";

/** A parameter that is not served here is refused: who sends one expects other items than would come. */
const page = z.strictObject({
  cursor: cursorText.optional(),
  limit: z.coerce.number().int().min(1).max(pageSize.max).optional(),
});

/** Returns only these items, without paging. The gallery polls the pictures being processed with it. */
const some = z.strictObject({
  ids: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.uuid()).max(pageSize.max)),
});

export const GET = route(async (request, { params }: { params: Promise<{ slug: string }> }) => {
  const { slug } = await params;
  const asked = Object.fromEntries(new URL(request.url).searchParams);
  const wanted = "ids" in asked ? parseInput(some, asked) : parseInput(page, asked);
  const collection = await collectionBySlug(await viewerOf(request), slug);
  if ("ids" in wanted) return json({ items: await mediaByIds(collection, wanted.ids), nextCursor: null });
  const { cursor, limit } = wanted;
  return json(await mediaPage(collection, { cursor, ...(limit ? { limit } : {}) }));
});
