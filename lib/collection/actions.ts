"use server";

import { revalidatePath } from "next/cache";
import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { routes } from "@/lib/routes";
import * as commands from "./commands";
import {
  type CreateCollectionForm,
  createCollectionInput,
  type UpdateCollectionInput,
  updateCollectionInput,
} from "./schema";

export async function createCollectionAction(input: CreateCollectionForm): Promise<ActionResult<{ slug: string }>> {
  return runAction(async (viewer) => {
    const created = await commands.createCollection(viewer, parseInput(createCollectionInput, input));
    revalidatePath(routes.collections());
    return created;
  });
}

export async function updateCollectionAction(
  slug: string,
  input: UpdateCollectionInput,
): Promise<ActionResult<undefined>> {
  return runAction(async (viewer) => {
    await commands.updateCollection(viewer, slug, parseInput(updateCollectionInput, input));
    revalidatePath(routes.collections());
    revalidatePath(routes.collection(slug), "layout");
    return undefined;
  });
}
