"use server";

import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { currentViewer, setSessionCookie } from "@/lib/auth/session";
import { changePassword } from "./commands";
import { type ChangePasswordForm, changePasswordInput } from "./schema";

/** Changes the password and returns how many other sessions ended with it. */
export async function changePasswordAction(form: ChangePasswordForm): Promise<ActionResult<{ ended: number }>> {
  return runAction(async () => {
    const kept = await changePassword(await currentViewer(), parseInput(changePasswordInput, form));
    await setSessionCookie(kept);
    return { ended: kept.ended };
  });
}
