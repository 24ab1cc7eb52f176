import * as calls from "@/lib/api/calls/collections";
import { routesOf, serve } from "@/lib/api/serve";
import { membersOf } from "@/lib/member/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.listMembers, ({ viewer, params, query }) => membersOf(viewer, params.slug, query)),
});
