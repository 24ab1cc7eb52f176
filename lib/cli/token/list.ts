import type { TokenOfUser } from "@/lib/token/schema";
import { printList } from "../print-list";
import { withDatabase } from "../settings/database";
import type { Given } from "./given";

/** Prints the tokens of all users or of one, a page at a time. Throws EnvError. */
export async function listTokens({ user, isJson }: Given): Promise<void> {
  await withDatabase(async (viewer) => {
    const { firstId } = await import("@/lib/db");
    const { tokensAfter } = await import("@/lib/token/queries");
    const email = user?.trim().toLowerCase();
    await printList<TokenOfUser>({
      pageAfter: (last) => tokensAfter(viewer, last?.id ?? firstId, email),
      lineOf,
      none: "No tokens",
      isJson,
    });
  });
}

function lineOf({ id, user, name, scopes, collection, expiresAt, lastUsedAt }: TokenOfUser): string {
  const day = (time: string) => time.slice(0, 10);
  const until = expiresAt === null ? "never expires" : `expires ${day(expiresAt)}`;
  const used = lastUsedAt === null ? "never used" : `used ${day(lastUsedAt)}`;
  return [id, user, name, scopes.join(","), collection ?? "all collections", until, used].join("\t");
}
