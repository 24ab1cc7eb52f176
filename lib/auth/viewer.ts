import "server-only";
import { AppError } from "@/lib/errors";

declare const minted: unique symbol;
type Minted = { readonly [minted]: true };
export type Origin = { readonly ipAddress?: string };

/** A user whose session or token was checked against its row. `sessionId` is set for a request with a session cookie. */
export type UserViewer = Minted &
  Origin & { readonly kind: "user"; readonly userId: string; readonly name: string; readonly sessionId?: string };
/** A visitor without a session. */
export type AnonymousViewer = Minted & Origin & { readonly kind: "anonymous" };
/** The worker and the command line. Not a person; may see everything. */
export type SystemViewer = Minted & { readonly kind: "system"; readonly name: "worker" | "cli" };

/**
 * Who makes a request. The brand lets only `lib/auth` create one. Every query and command takes it as
 * first argument, or a `SeenCollection` that was made for it.
 */
export type Viewer = UserViewer | AnonymousViewer | SystemViewer;

/** Returns the origin of a viewer's request, to create another viewer for the same request (sign-up). */
export function originOfViewer(viewer: Viewer): Origin {
  return viewer.kind !== "system" && viewer.ipAddress !== undefined ? { ipAddress: viewer.ipAddress } : {};
}

export function mintUserViewer(
  user: { id: string; name: string | null; email: string },
  origin: Origin = {},
  sessionId?: string,
): UserViewer {
  const session = sessionId === undefined ? {} : { sessionId };
  return { ...origin, ...session, kind: "user", userId: user.id, name: user.name ?? user.email } as UserViewer;
}

export function mintAnonymousViewer(origin: Origin = {}): AnonymousViewer {
  return { ...origin, kind: "anonymous" } as AnonymousViewer;
}

export function mintSystemViewer(name: SystemViewer["name"]): SystemViewer {
  return { kind: "system", name } as SystemViewer;
}

/** Returns the user and the session of a request with a session cookie. Throws UNAUTHENTICATED for any other, a token's included. */
export function sessionOfViewer(viewer: Viewer): { userId: string; sessionId: string } {
  if (viewer.kind !== "user" || viewer.sessionId === undefined)
    throw new AppError("UNAUTHENTICATED", "Sign in on the site first: this needs its session cookie.");
  return { userId: viewer.userId, sessionId: viewer.sessionId };
}
