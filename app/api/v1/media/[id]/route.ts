import * as calls from "@/lib/api/calls/media";
import { tagged, versionOf } from "@/lib/api/etag";
import { routesOf, serve } from "@/lib/api/serve";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionOfMedia } from "@/lib/collection/queries";
import { trashMedia, updateMedia } from "@/lib/media/commands";
import { mediaDetail } from "@/lib/media/queries";

async function described(viewer: Viewer, id: string, headers: Headers) {
  return tagged(await mediaDetail(await collectionOfMedia(viewer, id), id), headers);
}

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.getMedia, ({ viewer, params, headers }) => described(viewer, params.id, headers)),
  PATCH: serve(calls.updateMedia, async ({ viewer, params, body, ifMatch, headers }) => {
    await updateMedia(viewer, params.id, body, versionOf(ifMatch));
    return described(viewer, params.id, headers);
  }),
  DELETE: serve(calls.trashMedia, ({ viewer, params, ifMatch }) => trashMedia(viewer, params.id, versionOf(ifMatch))),
});
