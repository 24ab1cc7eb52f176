import "server-only";

declare const minted: unique symbol;
type Minted = { readonly [minted]: true };
export type Origin = { readonly ipAddress?: string };

/** A user whose session or token was checked against the user row. */
export type UserViewer = Minted & Origin & { readonly kind: "user"; readonly userId: string; readonly name: string };
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
): UserViewer {
  return { ...origin, kind: "user", userId: user.id, name: user.name ?? user.email } as UserViewer;
}

export function mintAnonymousViewer(origin: Origin = {}): AnonymousViewer {
  return { ...origin, kind: "anonymous" } as AnonymousViewer;
}

export function mintSystemViewer(name: SystemViewer["name"]): SystemViewer {
  return { kind: "system", name } as SystemViewer;
}
