import * as calls from "@/lib/api/calls/media";
import { routesOf, serve } from "@/lib/api/serve";
import { freshMediaUrls } from "@/lib/media/queries";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.refreshUrls, ({ viewer, body }) => freshMediaUrls(viewer, body.items)),
});
