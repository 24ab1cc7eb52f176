import { db } from "@/lib/db";
import { person } from "../../support/fixtures/people";

export const password = "three small words";
export const sessionName = "next-auth.session-token";

/** Creates a user who can sign in with `password`. */
export async function newUser(name: string): Promise<{ userId: string; email: string }> {
  const { userId } = await person(name, password);
  const { email } = await db().user.findUniqueOrThrow({ where: { id: userId } });
  return { userId, email };
}
