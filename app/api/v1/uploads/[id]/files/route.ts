import { parseInput } from "@/lib/action";
import { writerOf } from "@/lib/auth/session";
import { json, readJson, route } from "@/lib/http";
import { cancelFiles, registerChecksums, registerFiles } from "@/lib/upload/file/commands";
import { cancelInput, filesInput } from "@/lib/upload/schema";

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
  await registerChecksums(viewer, id, files);
  return new Response(null, { status: 204 });
});

export const DELETE = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const { paths } = parseInput(cancelInput, await readJson(request));
  await cancelFiles(viewer, id, paths);
  return new Response(null, { status: 204 });
});
