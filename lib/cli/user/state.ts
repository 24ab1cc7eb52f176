import { withDatabase } from "../settings/database";
import { printChange } from "./print-change";

type Given = { email: string; isDryRun: boolean; isJson: boolean };

/** Disables or enables an account and prints what changed. Throws AppError, EnvError. */
export async function changeState(verb: "disable" | "enable", given: Given): Promise<void> {
  const { email, isDryRun } = given;
  const change = await withDatabase(async (viewer) => {
    const { disableUser, enableUser } = await import("@/lib/user/commands");
    return (verb === "disable" ? disableUser : enableUser)(viewer, email, { isDryRun });
  });
  printChange(`${verb}d`, change, given);
}
