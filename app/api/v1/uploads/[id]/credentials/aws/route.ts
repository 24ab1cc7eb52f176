import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { grantContainerCredentials } from "@/lib/upload/credentials/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.grantContainerCredentials, ({ viewer, params }) => grantContainerCredentials(viewer, params.id)),
});
