"use server";

import { revalidatePath } from "next/cache";
import { type ActionResult, runAction } from "@/lib/action";
import { currentViewer } from "@/lib/auth/session";
import { routes } from "@/lib/routes";
import { endOtherSessions, endSession } from "./commands";

export async function endSessionAction(sessionId: string): Promise<ActionResult<undefined>> {
  return runAction(async () => {
    await endSession(await currentViewer(), sessionId);
    revalidatePath(routes.account());
    return undefined;
  });
}

export async function endOtherSessionsAction(): Promise<ActionResult<{ ended: number }>> {
  return runAction(async () => {
    const ended = await endOtherSessions(await currentViewer());
    revalidatePath(routes.account());
    return { ended };
  });
}
