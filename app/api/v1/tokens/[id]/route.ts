import * as calls from "@/lib/api/calls/account";
import { routesOf, serve } from "@/lib/api/serve";
import { revokeToken } from "@/lib/token/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  DELETE: serve(calls.revokeToken, ({ viewer, params }) => revokeToken(viewer, params.id)),
});
