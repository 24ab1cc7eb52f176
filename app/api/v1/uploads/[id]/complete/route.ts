import { parseInput } from "@/lib/action";
import { writerOf } from "@/lib/auth/session";
import { json, readJson, route } from "@/lib/http";
import { completeFile } from "@/lib/upload/part/commands";
import { completeInput } from "@/lib/upload/schema";

export const POST = route(async (request, { params }: { params: Promise<{ id: string }> }) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const input = parseInput(completeInput, await readJson(request));
  await completeFile(viewer, id, input);
  return json({ status: "present" });
});
