import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { cancelFiles, registerChecksums, registerFiles } from "@/lib/upload/file/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.registerFiles, async ({ viewer, params, body }) => ({
    files: await registerFiles(viewer, params.id, body.files),
  })),
  PATCH: serve(calls.registerChecksums, ({ viewer, params, body }) => registerChecksums(viewer, params.id, body.files)),
  DELETE: serve(calls.cancelFiles, ({ viewer, params, body }) => cancelFiles(viewer, params.id, body.paths)),
});
