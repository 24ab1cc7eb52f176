import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { grantCredentials } from "@/lib/upload/credentials/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.grantCredentials, ({ viewer, params, body }) => grantCredentials(viewer, params.id, body)),
});
