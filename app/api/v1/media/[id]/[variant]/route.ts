import { z } from "zod";
import { viewerOf } from "@/lib/auth/session";
import { notFound } from "@/lib/errors";
import { route } from "@/lib/http";
import { mediaVariantUrl } from "@/lib/media/queries";
import { variants } from "@/lib/media/schema";

const known = z.enum(variants);

export const GET = route(async (request, { params }: { params: Promise<{ id: string; variant: string }> }) => {
  const { id, variant } = await params;
  const parsed = known.safeParse(variant);
  if (!parsed.success) throw notFound("picture");
  const download = new URL(request.url).searchParams.get("download") === "1";
  const location = await mediaVariantUrl(await viewerOf(request), { mediaId: id, variant: parsed.data, download });
  return new Response(null, { status: 302, headers: { location, "cache-control": "private, no-store" } });
});
