import * as calls from "@/lib/api/calls/account";
import { routesOf, serve } from "@/lib/api/serve";
import { endSession } from "@/lib/session/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  DELETE: serve(calls.endSession, ({ viewer, params }) => endSession(viewer, params.id)),
});
