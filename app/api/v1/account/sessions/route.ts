import { parseInput } from "@/lib/action";
import { viewerOf } from "@/lib/auth/session";
import { json, route } from "@/lib/http";
import { sessionsOf } from "@/lib/session/queries";
import { sessionListInput } from "@/lib/session/schema";

export const GET = route(async (request) => {
  const viewer = await viewerOf(request);
  const { searchParams } = new URL(request.url);
  return json(await sessionsOf(viewer, parseInput(sessionListInput, Object.fromEntries(searchParams))));
});
