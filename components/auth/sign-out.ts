import { signOut } from "next-auth/react";
import { routes } from "@/lib/routes";
import { memoryOf } from "@/lib/uploader/browser/remember";

/** A browser that does not answer must not keep anyone on a page of the account. */
const forgetWithinMs = 2_000;

/**
 * Ends the session of this browser, forgets what the browser keeps of the account's uploads, and leaves the page. Returns false, and
 * keeps all, where the session has not ended.
 */
export async function signOutHere(accountId: string): Promise<boolean> {
  if (!(await endSession())) return false;
  const late = new Promise<void>((done) => setTimeout(done, forgetWithinMs));
  await Promise.race([memoryOf().forgetAccount(accountId), late]);
  window.location.assign(routes.home());
  return true;
}

/** next-auth takes any answer for a success, so the site is asked whether there is a session still. */
async function endSession(): Promise<boolean> {
  try {
    await signOut({ redirect: false });
    const response = await fetch("/api/auth/session", { cache: "no-store" });
    const session: unknown = await response.json();
    return response.ok && Object.keys(session ?? {}).length === 0;
  } catch {
    return false; // The site cannot be reached, or its answer is none.
  }
}
