"use server";

import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { requestInvitation } from "@/lib/invitation/commands";
import { signUp } from "./commands";
import { type RequestInvitationForm, requestInvitationInput, type SignUpForm, signUpInput } from "./schema";

/** Creates the account. The form then signs in with the same e-mail and password. */
export async function signUpAction(form: SignUpForm): Promise<ActionResult<undefined>> {
  return runAction(async (viewer) => {
    await signUp(viewer, parseInput(signUpInput, form));
    return undefined;
  });
}

/** Has a link for creating the account mailed to the person. */
export async function requestInvitationAction(form: RequestInvitationForm): Promise<ActionResult<undefined>> {
  return runAction(async (viewer) => {
    const { email, invitation: token } = parseInput(requestInvitationInput, form);
    await requestInvitation(viewer, { email, token });
    return undefined;
  });
}
