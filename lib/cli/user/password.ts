import { randomBytes } from "node:crypto";
import { withDatabase } from "../settings/database";
import { printChange } from "./print-change";

const generatedBytes = 15;

type Given = { email: string; password: string | undefined; isDryRun: boolean; isJson: boolean };

/** Sets a password, a generated one where none is given, and prints the generated one. Throws AppError, EnvError. */
export async function setAccountPassword(given: Given): Promise<void> {
  const { email, isDryRun, isJson } = given;
  const password = given.password ?? randomBytes(generatedBytes).toString("base64url");
  const change = await withDatabase(async (viewer) => {
    const { setPassword } = await import("@/lib/user/commands");
    return setPassword(viewer, { email, password }, { isDryRun });
  });
  const isShown = given.password === undefined && !isDryRun;
  printChange("given a new password", change, given, isShown ? { password } : {});
  if (isShown && !isJson) console.log(password);
}
