"use server";

import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { currentDevice, setDeviceCookie, setSessionCookie } from "@/lib/auth/session";
import { changePassword } from "./commands";
import { type ChangePasswordForm, changePasswordInput } from "./schema";

/** Changes the password and returns how many other sessions ended with it. */
export async function changePasswordAction(form: ChangePasswordForm): Promise<ActionResult<{ ended: number }>> {
  return runAction(async (viewer) => {
    const device = await currentDevice();
    const kept = await changePassword(viewer, parseInput(changePasswordInput, form), device);
    await setSessionCookie(kept);
    await setDeviceCookie(device);
    return { ended: kept.ended };
  });
}
