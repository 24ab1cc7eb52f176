import * as calls from "@/lib/api/calls/media";
import { routesOf, serve } from "@/lib/api/serve";
import { collectionBySlug } from "@/lib/collection/queries";
import { mediaByIds, mediaPage } from "@/lib/media/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.listMedia, async ({ viewer, params, query: { ids, cursor, limit } }) => {
    const collection = await collectionBySlug(viewer, params.slug);
    if (ids) return { items: await mediaByIds(collection, ids), nextCursor: null };
    return mediaPage(collection, { cursor, ...(limit ? { limit } : {}) });
  }),
});
