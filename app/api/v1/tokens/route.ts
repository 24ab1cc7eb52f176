import * as calls from "@/lib/api/calls/account";
import { routesOf, serve } from "@/lib/api/serve";
import { createToken } from "@/lib/token/commands";
import { tokensOf } from "@/lib/token/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.listTokens, ({ viewer, query }) => tokensOf(viewer, query)),
  POST: serve(calls.createToken, ({ viewer, body, key }) => createToken(viewer, body, key)),
});
