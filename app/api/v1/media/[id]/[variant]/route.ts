import * as calls from "@/lib/api/calls/media";
import { routesOf, serve } from "@/lib/api/serve";
import { notFound } from "@/lib/errors";
import { mediaVariantUrl } from "@/lib/media/queries";
import { variants } from "@/lib/media/schema";

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = routesOf({
  GET: serve(calls.openMedia, async ({ viewer, params, query }) => {
    const variant = variants.find((name) => name === params.variant);
    if (!variant) throw notFound("picture");
    const download = query.download === "1";
    const location = await mediaVariantUrl(viewer, { mediaId: params.id, variant, download });
    return new Response(null, { status: 302, headers: { location, "cache-control": "private, no-store" } });
  }),
});
