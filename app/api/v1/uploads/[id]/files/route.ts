import { parseInput } from "@/lib/action";
import { writerOf } from "@/lib/auth/session";
import { json, readJson, route } from "@/lib/http";
import { registerFiles, tellChecksums, withdrawFiles } from "@/lib/upload/file/commands";
import { filesInput, withdrawInput } from "@/lib/upload/schema";

type Context = { params: Promise<{ id: string }> };

export const POST = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const { files } = parseInput(filesInput, await readJson(request));
  return json({ files: await registerFiles(viewer, id, files) });
});

export const PATCH = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const { files } = parseInput(filesInput, await readJson(request));
  await tellChecksums(viewer, id, files);
  return new Response(null, { status: 204 });
});

export const DELETE = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const { paths } = parseInput(withdrawInput, await readJson(request));
  await withdrawFiles(viewer, id, paths);
  return new Response(null, { status: 204 });
});
