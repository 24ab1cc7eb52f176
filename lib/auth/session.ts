import "server-only";
import { isIP } from "node:net";
import { cookies, headers } from "next/headers";
import { NextRequest } from "next/server";
import { getToken } from "next-auth/jwt";
import { cache } from "react";
import { z } from "zod";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { clientAddressHeader, isSecureSite, sessionCookieName } from "./policy";
import { mintAnonymousViewer, mintUserViewer, type Origin, type UserViewer, type Viewer } from "./viewer";

/** What the encrypted session cookie carries, beside next-auth's own claims. */
const sessionClaims = z.object({ userId: z.uuid(), sessionEpoch: z.int().nonnegative() });

type Cookies = Record<string, string>;

/**
 * Whoever these cookies belong to. The user row is asked each time, so that a deleted or disabled user, or one whose
 * session epoch was raised, is nobody from the next request on, however long the cookie still lasts.
 */
export async function viewerOfCookies(jar: Cookies, origin: Origin = {}): Promise<Viewer> {
  const { ATOLL_URL, NEXTAUTH_SECRET } = env();
  // next-auth's type asks for a whole Next request, of which it reads the cookies and headers.
  const req = { cookies: jar, headers: {} } as unknown as Parameters<typeof getToken>[0]["req"];
  const token = await getToken({
    req,
    secret: NEXTAUTH_SECRET,
    secureCookie: isSecureSite(ATOLL_URL),
    cookieName: sessionCookieName(ATOLL_URL),
  });
  const claims = sessionClaims.safeParse(token);
  if (!claims.success) return mintAnonymousViewer(origin);
  const { userId, sessionEpoch } = claims.data;
  const user = await db().user.findUnique({
    where: { id: userId, sessionEpoch, disabledAt: null },
    select: { id: true, name: true, email: true },
  });
  return user ? mintUserViewer(user, origin) : mintAnonymousViewer(origin);
}

/** The viewer of the page or action being answered; asked once per request. */
export const currentViewer = cache(async (): Promise<Viewer> => {
  const [jar, sent] = await Promise.all([cookies(), headers()]);
  return viewerOfCookies(Object.fromEntries(jar.getAll().map(({ name, value }) => [name, value])), originOf(sent));
});

/** The signed-in person; throws UNAUTHENTICATED for anybody else. */
export async function requireUser(): Promise<UserViewer> {
  return signedIn(await currentViewer());
}

export function signedIn(viewer: Viewer): UserViewer {
  if (viewer.kind !== "user") throw new AppError("UNAUTHENTICATED", "Sign in first.");
  return viewer;
}

/** The viewer of an API call. There are no tokens yet: whoever sends one must not be taken for an anonymous visitor. */
export async function viewerOf(request: Request): Promise<Viewer> {
  if (request.headers.has("authorization")) {
    throw new AppError("UNAUTHENTICATED", "This token is not valid here. Sign in with the session cookie instead.");
  }
  return viewerOfCookies(cookiesOf(request), originOf(request.headers));
}

/**
 * The person behind an API call that changes something, asked for before anything else: UNAUTHENTICATED without valid
 * credentials. A cookie is sent along whoever makes a browser call, so such a call must come from this site: NOT_FOUND otherwise.
 */
export async function writerOf(request: Request): Promise<UserViewer> {
  const viewer = signedIn(await viewerOf(request));
  const isByCookie = !request.headers.has("authorization");
  // Browsers always send Origin with a POST, PATCH, PUT or DELETE.
  if (isByCookie && request.headers.get("origin") !== env().ATOLL_URL) {
    throw new AppError("NOT_FOUND", "This request did not come from this site.");
  }
  return viewer;
}

export function originOf(sent: Pick<Headers, "get">): Origin {
  const ipAddress = sent.get(clientAddressHeader);
  return ipAddress !== null && isIP(ipAddress) !== 0 ? { ipAddress } : {};
}

export function cookiesOf(request: Request): Cookies {
  const jar = new NextRequest(request.url, { headers: request.headers }).cookies;
  return Object.fromEntries(jar.getAll().map(({ name, value }) => [name, value]));
}
