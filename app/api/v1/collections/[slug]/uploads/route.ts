import { parseInput } from "@/lib/action";
import { signedIn, viewerOf } from "@/lib/auth/session";
import { json, readJson, requireSameOrigin, route } from "@/lib/http";
import { openUpload } from "@/lib/upload/commands";
import { openUploadInput } from "@/lib/upload/schema";

export const POST = route(async (request, { params }: { params: Promise<{ slug: string }> }) => {
  requireSameOrigin(request);
  const { slug: collectionSlug } = await params;
  const input = parseInput(openUploadInput.omit({ collectionSlug: true }), await readJson(request));
  return json(await openUpload(signedIn(await viewerOf(request)), { ...input, collectionSlug }), 201);
});
