import { withDatabase } from "../settings/database";
import type { Given } from "./given";

/** Revokes a token, and prints which. Throws AppError, EnvError. */
export async function revokeUserToken({ id, isDryRun, isJson }: Given): Promise<void> {
  const { name, user } = await withDatabase(async (viewer) => {
    const { revokeAnyToken } = await import("@/lib/token/commands");
    return revokeAnyToken(viewer, id, { isDryRun });
  });
  if (isJson) console.log(JSON.stringify({ id, name, user, revoked: !isDryRun }));
  else console.log(`${id}: ${name} of ${user} ${isDryRun ? "would be revoked (dry run)" : "revoked"}`);
}
