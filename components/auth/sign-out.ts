import { signOut } from "next-auth/react";
import { routes } from "@/lib/routes";
import { memoryOf } from "@/lib/uploader/browser/remember";

/** A browser that does not answer must not keep anyone signed in. */
const forgetWithinMs = 2_000;

/** Ends the session of this browser, and forgets what the browser keeps of the account's uploads. */
export async function signOutHere(accountId: string): Promise<void> {
  const late = new Promise<void>((done) => setTimeout(done, forgetWithinMs));
  await Promise.race([memoryOf().forgetAccount(accountId), late]);
  await signOut({ callbackUrl: routes.home() });
}
