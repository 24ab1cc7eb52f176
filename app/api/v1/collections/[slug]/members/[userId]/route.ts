import * as calls from "@/lib/api/calls/collections";
import { routesOf, serve } from "@/lib/api/serve";
import { removeMember, setMember } from "@/lib/member/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  PUT: serve(calls.setMember, ({ viewer, params, body }) =>
    setMember(viewer, params.slug, { ...body, userId: params.userId }),
  ),
  DELETE: serve(calls.removeMember, ({ viewer, params }) => removeMember(viewer, params.slug, params.userId)),
});
