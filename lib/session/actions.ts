"use server";

import { revalidatePath } from "next/cache";
import { type ActionResult, runAction } from "@/lib/action";
import { currentDevice, setDeviceCookie } from "@/lib/auth/session";
import { routes } from "@/lib/routes";
import { endOtherSessions, endSession } from "./commands";

export async function endSessionAction(sessionId: string): Promise<ActionResult<undefined>> {
  return runAction(async (viewer) => {
    await endSession(viewer, sessionId);
    revalidatePath(routes.account());
    return undefined;
  });
}

export async function endOtherSessionsAction(): Promise<ActionResult<{ ended: number }>> {
  return runAction(async (viewer) => {
    const device = await currentDevice();
    const ended = await endOtherSessions(viewer, device);
    await setDeviceCookie(device);
    revalidatePath(routes.account());
    return { ended };
  });
}
