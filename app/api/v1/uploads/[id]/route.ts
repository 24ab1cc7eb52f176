import { parseInput } from "@/lib/action";
import { signedIn, viewerOf, writerOf } from "@/lib/auth/session";
import { json, readJson, route } from "@/lib/http";
import { abortUpload, sealUpload } from "@/lib/upload/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { changeUploadInput } from "@/lib/upload/schema";

type Context = { params: Promise<{ id: string }> };

export const GET = route(async (request, { params }: Context) => {
  const { id } = await params;
  return json(await uploadStatus(signedIn(await viewerOf(request)), id));
});

export const PATCH = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  const { state } = parseInput(changeUploadInput, await readJson(request));
  await (state === "sealed" ? sealUpload(viewer, id) : abortUpload(viewer, id));
  return json(await uploadStatus(viewer, id), 202);
});
