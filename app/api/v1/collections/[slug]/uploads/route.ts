import { parseInput } from "@/lib/action";
import { writerOf } from "@/lib/auth/session";
import { formCost } from "@/lib/budget/policy";
import { json, readJson, route } from "@/lib/http";
import { openUpload } from "@/lib/upload/commands";
import { openUploadInput } from "@/lib/upload/schema";

export const POST = route(async (request, { params }: { params: Promise<{ slug: string }> }) => {
  const viewer = await writerOf(request, formCost);
  const { slug: collectionSlug } = await params;
  const input = parseInput(openUploadInput.omit({ collectionSlug: true }), await readJson(request));
  const key = request.headers.get("idempotency-key") ?? undefined;
  return json(await openUpload(viewer, { ...input, collectionSlug }, key), 201);
});
