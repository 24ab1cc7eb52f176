import * as calls from "@/lib/api/calls/uploads";
import { routesOf, serve } from "@/lib/api/serve";
import { completeFile } from "@/lib/upload/part/commands";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  POST: serve(calls.completeFile, async ({ viewer, params, body }) => {
    await completeFile(viewer, params.id, body);
    return { status: "present" as const };
  }),
});
