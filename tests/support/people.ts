import { encode } from "next-auth/jwt";
import { createUser } from "@/lib/auth/commands";
import { createUserInput } from "@/lib/auth/schema";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { createCollection } from "@/lib/collection/commands";
import type { Role, Visibility } from "@/lib/collection/policy";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { setMember } from "@/lib/member/commands";

export const system = mintSystemViewer("cli");

let people = 0;

/** A signed-up person, with a password only if one is named: hashing takes its time. */
export function person(name = "person", password?: string): Promise<UserViewer> {
  people += 1;
  const email = `${name}-${people}@example.org`;
  return createUser(system, createUserInput.parse({ email, name, password }));
}

let collections = 0;

/** A collection with one member a role beside its owner. */
export async function collectionOf(
  owner: UserViewer,
  {
    visibility = "private",
    members = {},
  }: { visibility?: Visibility; members?: Partial<Record<Role, UserViewer>> } = {},
): Promise<{ id: string; slug: string }> {
  collections += 1;
  const { slug } = await createCollection(owner, { name: `Reef ${collections}`, description: "", visibility });
  for (const [role, member] of Object.entries(members)) {
    await setMember(owner, slug, { userId: member.userId, role: role as Role });
  }
  const { id } = await collectionBySlug(owner, slug);
  return { id, slug };
}

/** The cookie a browser has after signing in. */
export async function sessionCookie(viewer: UserViewer, sessionEpoch = 0): Promise<Record<string, string>> {
  const token = await encode({ token: { userId: viewer.userId, sessionEpoch }, secret: env().NEXTAUTH_SECRET });
  return { "next-auth.session-token": token };
}

export async function disable({ userId }: { userId: string }): Promise<void> {
  await db().user.update({ where: { id: userId }, data: { disabledAt: new Date() } });
}
