import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { signParts } from "@/lib/upload/part/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.signParts, ({ viewer, params, body }) => signParts(viewer, params.id, body)),
});
