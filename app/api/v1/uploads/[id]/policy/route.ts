import { signedIn, viewerOf } from "@/lib/auth/session";
import { json, requireSameOrigin, route } from "@/lib/http";
import { renewPolicy } from "@/lib/upload/commands";

export const POST = route(async (request, { params }: { params: Promise<{ id: string }> }) => {
  requireSameOrigin(request);
  const { id } = await params;
  return json(await renewPolicy(signedIn(await viewerOf(request)), id));
});
