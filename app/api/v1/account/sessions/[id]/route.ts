import { writerOf } from "@/lib/auth/session";
import { route } from "@/lib/http";
import { endSession } from "@/lib/session/commands";

type Context = { params: Promise<{ id: string }> };

export const DELETE = route(async (request, { params }: Context) => {
  await endSession(await writerOf(request), (await params).id);
  return new Response(null, { status: 204, headers: { "cache-control": "private, no-store" } });
});
