import "server-only";
import { AppError } from "@/lib/errors";
import type { Scope } from "./token/policy";

declare const minted: unique symbol;
type Minted = { readonly [minted]: true };
export type Origin = { readonly ipAddress?: string };

/** An API token: what its request may do of what its user may. A `collectionId` is the only collection it reaches. */
export type TokenGrant = {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly collectionId: string | null;
};

/** A user whose session or token was checked against its row: one of `sessionId` and `token` is set, neither for an operator's act. */
export type UserViewer = Minted &
  Origin & {
    readonly kind: "user";
    readonly userId: string;
    readonly name: string;
    readonly sessionId?: string;
    readonly token?: TokenGrant;
  };
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

export function mintTokenViewer(
  user: { id: string; name: string | null; email: string },
  token: TokenGrant,
  origin: Origin,
): UserViewer {
  return { ...mintUserViewer(user, origin), token };
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

/**
 * Checks that a request with a token may do what needs this scope, in no collection or in a new one. What is in a collection is checked
 * where it is read (lib/collection/queries.ts). Throws SCOPE.
 */
export function requireScope(viewer: Viewer, scope: Scope): void {
  if (viewer.kind !== "user" || !viewer.token) return;
  const { scopes, collectionId } = viewer.token;
  if (!scopes.includes(scope)) throw new AppError("SCOPE", lacksScope([scope]), { scopes: [scope] });
  if (collectionId !== null) {
    const message =
      "This API token is bound to one collection, and this call is not about one. Use a token that is not bound.";
    throw new AppError("SCOPE", message);
  }
}

/** Says what a token lacks: one of these scopes. */
export function lacksScope(wanted: readonly Scope[]): string {
  return `This API token may not do this: it lacks the scope ${wanted.join(" or ")}. Create a token that has it.`;
}
