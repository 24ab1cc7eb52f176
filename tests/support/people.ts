import { createUser } from "@/lib/auth/commands";
import { startSession } from "@/lib/auth/live-session";
import { createUserInput } from "@/lib/auth/schema";
import { signedIn, viewerOfCookies } from "@/lib/auth/session";
import { sessionCookie as signedCookie } from "@/lib/auth/session-cookies";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { createCollection } from "@/lib/collection/commands";
import type { Role, Visibility } from "@/lib/collection/policy";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
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

/** Signs a person in and returns the cookies of their browser. */
export async function sessionCookie({ userId }: UserViewer): Promise<Record<string, string>> {
  const { sessionEpoch: epoch } = await db().user.findUniqueOrThrow({ where: { id: userId } });
  const sessionId = await startSession({ userId, epoch, origin: {}, device: "Test browser", replaces: null });
  if (sessionId === null) throw new Error("This person cannot sign in");
  const { name, value } = await signedCookie(sessionId);
  return { [name]: value };
}

/** Signs a person in and returns the viewer of their session. */
export async function signedInViewer(viewer: UserViewer): Promise<UserViewer> {
  return signedIn(await viewerOfCookies(await sessionCookie(viewer)));
}

export async function disable({ userId }: { userId: string }): Promise<void> {
  await db().user.update({ where: { id: userId }, data: { disabledAt: new Date() } });
}
