"use server";

import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { signUp } from "./commands";
import { type SignUpForm, signUpInput } from "./schema";
import { currentViewer } from "./session";

/** Creates the account. The form then signs in with the same e-mail and password. */
export async function signUpAction(form: SignUpForm): Promise<ActionResult<undefined>> {
  return runAction(async () => {
    await signUp(await currentViewer(), parseInput(signUpInput, form));
    return undefined;
  });
}
