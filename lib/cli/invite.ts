import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { invitationPolicy } from "@/lib/invitation/policy";

import { adoptRunning } from "./settings/running";
import { parseLife } from "./usage";

type Invite = { email: string | undefined; expires: string | undefined; isJson: boolean };

/** Makes an invitation and prints its link, which is stored nowhere. Throws UsageError, AppError, EnvError. */
export async function invitePerson({ email, expires, isJson }: Invite): Promise<void> {
  const lifeSeconds =
    expires === undefined ? invitationPolicy.lifeSeconds : parseLife(expires, invitationPolicy.maxLifeSeconds);
  adoptRunning();
  const { ATOLL_URL } = env();
  const { inviteInput } = await import("@/lib/auth/schema");
  const { mintSystemViewer } = await import("@/lib/auth/viewer");
  const { closeDb } = await import("@/lib/db");
  const { invite } = await import("@/lib/invitation/commands");
  const { invitationUrl } = await import("@/lib/invitation/letter");
  const parsed = inviteInput.safeParse({ email });
  if (!parsed.success) throw new AppError("INVALID", parsed.error.issues.map((issue) => issue.message).join("\n"));
  try {
    const { token, expiresAt } = await invite(mintSystemViewer("cli"), {
      email: parsed.data.email ?? null,
      lifeSeconds,
    });
    const link = invitationUrl(token);
    const until = expiresAt.toISOString();
    console.log(isJson ? JSON.stringify({ link, email: parsed.data.email ?? null, expiresAt: until }) : link);
    if (!isJson) console.error(`For one new account at ${ATOLL_URL}, until ${until}. Give it to that person only.`);
  } finally {
    await closeDb();
  }
}
