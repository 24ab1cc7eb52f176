import { z } from "zod";
import { parseInput } from "@/lib/action";
import { viewerOf } from "@/lib/auth/session";
import { collectionBySlug } from "@/lib/collection/queries";
import { json, route } from "@/lib/http";
import { pageSize } from "@/lib/media/policy";
import { mediaByIds, mediaPage } from "@/lib/media/queries";

const query = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(pageSize.max).optional(),
  /** Returns only these items, without paging. The gallery polls the pictures being processed with it. */
  ids: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.uuid()).max(pageSize.max))
    .optional(),
});

export const GET = route(async (request, { params }: { params: Promise<{ slug: string }> }) => {
  const { slug } = await params;
  const { ids, cursor, limit } = parseInput(query, Object.fromEntries(new URL(request.url).searchParams));
  const collection = await collectionBySlug(await viewerOf(request), slug);
  if (ids) return json({ items: await mediaByIds(collection, ids), nextCursor: null });
  return json(await mediaPage(collection, { cursor, ...(limit ? { limit } : {}) }));
});
