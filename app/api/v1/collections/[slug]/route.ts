import * as calls from "@/lib/api/calls/collections";
import { tagged, versionOf } from "@/lib/api/etag";
import { routesOf, serve } from "@/lib/api/serve";
import { trashCollection, updateCollection } from "@/lib/collection/commands";
import { collectionBySlug } from "@/lib/collection/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.getCollection, async ({ viewer, params, headers }) =>
    tagged(await collectionBySlug(viewer, params.slug), headers),
  ),
  PATCH: serve(calls.updateCollection, async ({ viewer, params, body, ifMatch, headers }) => {
    await updateCollection(viewer, params.slug, body, versionOf(ifMatch));
    return tagged(await collectionBySlug(viewer, params.slug), headers);
  }),
  DELETE: serve(calls.trashCollection, ({ viewer, params, ifMatch }) =>
    trashCollection(viewer, params.slug, versionOf(ifMatch)),
  ),
});
