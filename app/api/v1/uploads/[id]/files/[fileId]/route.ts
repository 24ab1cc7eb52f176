import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { cancelFile } from "@/lib/upload/file/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  DELETE: serve(calls.cancelFile, ({ viewer, params }) => cancelFile(viewer, params.id, params.fileId)),
});
