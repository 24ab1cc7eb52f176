import "server-only";

declare const minted: unique symbol;
type Minted = { readonly [minted]: true };
export type Origin = { readonly ipAddress?: string };

/** A person whose session or token was checked against the user row. */
export type UserViewer = Minted & Origin & { readonly kind: "user"; readonly userId: string; readonly name: string };
/** Anybody else on the web. */
export type AnonymousViewer = Minted & Origin & { readonly kind: "anonymous" };
/** The worker and the command line: not a person, sees everything. */
export type SystemViewer = Minted & { readonly kind: "system"; readonly name: "worker" | "cli" };

/** Whoever asks. The brand makes `lib/auth` the only place that can make one; every query and command takes it first. */
export type Viewer = UserViewer | AnonymousViewer | SystemViewer;

/** Where a viewer's request came from, for whom they turn into. */
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
