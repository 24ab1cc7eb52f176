"use server";

import { revalidatePath } from "next/cache";
import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { routes } from "@/lib/routes";
import { createToken, revokeToken } from "./commands";
import { type CreatedToken, type CreateTokenForm, createTokenInput } from "./schema";

/** Creates a token of the signed-in user. The result has its text, which is shown once. */
export async function createTokenAction(form: CreateTokenForm): Promise<ActionResult<CreatedToken>> {
  return runAction(async (viewer) => {
    const created = await createToken(viewer, parseInput(createTokenInput, form));
    revalidatePath(routes.tokens());
    return created;
  });
}

export async function revokeTokenAction(tokenId: string): Promise<ActionResult<undefined>> {
  return runAction(async (viewer) => {
    await revokeToken(viewer, tokenId);
    revalidatePath(routes.tokens());
    return undefined;
  });
}
