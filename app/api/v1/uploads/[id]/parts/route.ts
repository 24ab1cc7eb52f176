import { parseInput } from "@/lib/action";
import { writerOf } from "@/lib/auth/session";
import { json, readJson, route } from "@/lib/http";
import { signParts } from "@/lib/upload/part/commands";
import { partsInput } from "@/lib/upload/schema";

export const POST = route(async (request, { params }: { params: Promise<{ id: string }> }) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const input = parseInput(partsInput, await readJson(request));
  return json(await signParts(viewer, id, input));
});
