import * as calls from "@/lib/api/calls/collections";
import { tagged } from "@/lib/api/etag";
import { routesOf, serve } from "@/lib/api/serve";
import { createCollection } from "@/lib/collection/commands";
import { collectionBySlug, collectionPage } from "@/lib/collection/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.listCollections, ({ viewer, query }) => collectionPage(viewer, query)),
  POST: serve(calls.createCollection, async ({ viewer, body, key, headers }) => {
    const { slug } = await createCollection(viewer, body, key);
    headers.set("location", `/api/v1/collections/${slug}`);
    return tagged(await collectionBySlug(viewer, slug), headers);
  }),
});
