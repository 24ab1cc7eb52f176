import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { abortUpload, sealUpload } from "@/lib/upload/commands";
import { uploadStatus } from "@/lib/upload/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.getUpload, ({ viewer, params }) => uploadStatus(viewer, params.id)),
  PATCH: serve(calls.changeUpload, async ({ viewer, params, body }) => {
    await (body.state === "sealed" ? sealUpload(viewer, params.id) : abortUpload(viewer, params.id));
    return uploadStatus(viewer, params.id);
  }),
});
