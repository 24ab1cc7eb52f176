import { AppError } from "@/lib/errors";
import { withDatabase } from "../settings/database";

type Account = { email: string; password: string | undefined; isAdmin: boolean; isJson: boolean };

/** Creates an account and prints it. Throws AppError, EnvError. */
export async function createAccount({ email, password, isAdmin, isJson }: Account): Promise<void> {
  const created = await withDatabase(async (viewer) => {
    const { createUser } = await import("@/lib/auth/commands");
    const { createUserInput } = await import("@/lib/auth/schema");
    const parsed = createUserInput.safeParse({ email, password, isAdmin: isAdmin || undefined });
    if (!parsed.success) throw new AppError("INVALID", parsed.error.issues.map(({ message }) => message).join("\n"));
    const created = await createUser(viewer, parsed.data);
    return { id: created.userId, email: parsed.data.email, isAdmin: created.isAdmin };
  });
  console.log(isJson ? JSON.stringify(created) : `${created.email}: ${howTo(password)}`);
}

function howTo(password: string | undefined): string {
  if (password !== undefined) return "created, can sign in";
  return "created without a password: can sign in through a provider, or once `atoll user password` has set one";
}
