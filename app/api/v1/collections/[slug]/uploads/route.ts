import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { openUpload } from "@/lib/upload/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.openUpload, async ({ viewer, params, body, key, headers }) => {
    const upload = await openUpload(viewer, { ...body, collectionSlug: params.slug }, key);
    headers.set("location", `/api/v1/uploads/${upload.id}`);
    return upload;
  }),
});
