import { writerOf } from "@/lib/auth/session";
import { json, route } from "@/lib/http";
import { renewPolicy } from "@/lib/upload/commands";

export const POST = route(async (request, { params }: { params: Promise<{ id: string }> }) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  return json(await renewPolicy(viewer, id));
});
