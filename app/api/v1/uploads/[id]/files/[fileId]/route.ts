import { writerOf } from "@/lib/auth/session";
import { route } from "@/lib/http";
import { cancelFile } from "@/lib/upload/file/commands";

type Context = { params: Promise<{ id: string; fileId: string }> };

export const DELETE = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id, fileId } = await params;
  await cancelFile(viewer, id, fileId);
  return new Response(null, { status: 204 });
});
