import * as calls from "@/lib/api/calls/account";
import { routesOf, serve } from "@/lib/api/serve";
import { sessionsOf } from "@/lib/session/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.listSessions, ({ viewer, query }) => sessionsOf(viewer, query)),
});
