import * as calls from "@/lib/api/calls/media";
import { routesOf, serve } from "@/lib/api/serve";
import { restoreMedia } from "@/lib/media/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.restoreMedia, ({ viewer, params }) => restoreMedia(viewer, params.id)),
});
