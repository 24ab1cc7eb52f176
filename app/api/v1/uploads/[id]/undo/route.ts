import { writerOf } from "@/lib/auth/session";
import { json, route } from "@/lib/http";
import { uploadStatus } from "@/lib/upload/queries";
import { redoUpload, undoUpload } from "@/lib/upload/undo/commands";

type Context = { params: Promise<{ id: string }> };

export const POST = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  await undoUpload(viewer, id);
  return json(await uploadStatus(viewer, id));
});

/** Redoes the upload. */
export const DELETE = route(async (request, { params }: Context) => {
  const viewer = await writerOf(request);
  const { id } = await params;
  await redoUpload(viewer, id);
  return json(await uploadStatus(viewer, id));
});
