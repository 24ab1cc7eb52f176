import { AppError } from "@/lib/errors";
import { withDatabase } from "../settings/database";
import { parseLife, UsageError } from "../usage";
import type { Given } from "./given";

const tenYearsSeconds = 10 * 365 * 24 * 60 * 60;

/** Creates a token and prints its text, alone on standard output. Throws UsageError, AppError, EnvError. */
export async function createUserToken({ user: email, scope, collection, expires, name, isJson }: Given): Promise<void> {
  if (email === undefined) throw new UsageError("token create needs --user EMAIL");
  if (scope === undefined) throw new UsageError("token create needs --scope, some of read,upload,manage");
  const lifeSeconds = expires === undefined ? null : parseLife(expires, tenYearsSeconds);
  const { createTokenInput } = await import("@/lib/token/schema");
  const parsed = createTokenInput.safeParse({
    name: name ?? "Command line",
    scopes: scope.split(",").map((one) => one.trim()),
    ...(collection === undefined ? {} : { collection }),
    ...(lifeSeconds === null ? {} : { expiresAt: new Date(Date.now() + lifeSeconds * 1_000).toISOString() }),
  });
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(({ message }) => message).join("\n"));
  const created = await withDatabase(async (viewer) => {
    const { viewerOfEmail } = await import("@/lib/auth/commands");
    const { createTokenFor } = await import("@/lib/token/commands");
    return createTokenFor(viewer, await viewerOfEmail(viewer, email), parsed.data);
  }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== "NOT_FOUND") throw error;
    throw new AppError("NOT_FOUND", `${email} has no account that is enabled, or does not see the collection.`);
  });
  console.log(isJson ? JSON.stringify(created) : created.token);
  if (isJson) return;
  const where = created.collection === null ? "every collection of" : `the collection ${created.collection} as`;
  const until = created.expiresAt === null ? "until it is revoked" : `until ${created.expiresAt}`;
  console.error(`For ${created.scopes.join(", ")} in ${where} ${email}, ${until}. It is not shown again.`);
}
