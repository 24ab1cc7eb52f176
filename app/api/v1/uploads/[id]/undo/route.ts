import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { uploadStatus } from "@/lib/upload/queries";
import { redoUpload, undoUpload } from "@/lib/upload/undo/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.undoUpload, async ({ viewer, params }) => {
    await undoUpload(viewer, params.id);
    return uploadStatus(viewer, params.id);
  }),
  DELETE: serve(calls.redoUpload, async ({ viewer, params }) => {
    await redoUpload(viewer, params.id);
    return uploadStatus(viewer, params.id);
  }),
});
