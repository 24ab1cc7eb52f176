"use server";

import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { requireUser } from "@/lib/auth/session";
import { openUpload } from "./commands";
import { type OpenedUpload, type OpenUploadInput, openUploadInput } from "./schema";

export async function openUploadAction(input: OpenUploadInput): Promise<ActionResult<OpenedUpload>> {
  return runAction(async () => openUpload(await requireUser(), parseInput(openUploadInput, input)));
}
