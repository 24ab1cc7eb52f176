import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { renewPolicy } from "@/lib/upload/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.renewPolicy, ({ viewer, params }) => renewPolicy(viewer, params.id)),
});
