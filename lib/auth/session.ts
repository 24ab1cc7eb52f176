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

/** Our claims in the encrypted session cookie. */
const sessionClaims = z.object({ userId: z.uuid(), sessionEpoch: z.int().nonnegative() });

type Cookies = Record<string, string>;

/**
 * Returns the viewer of a session cookie. Reads the user row each time, so that sessions of deleted or disabled users, and
 * sessions with an older epoch, end with the next request.
 */
export async function viewerOfCookies(jar: Cookies, origin: Origin = {}): Promise<Viewer> {
  const { ATOLL_URL, NEXTAUTH_SECRET } = env();
  // next-auth's type requires a whole Next request, but only cookies and headers are read.
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

/** Returns the viewer of the current page or action. Cached per request. */
export const currentViewer = cache(async (): Promise<Viewer> => {
  const [jar, sent] = await Promise.all([cookies(), headers()]);
  return viewerOfCookies(Object.fromEntries(jar.getAll().map(({ name, value }) => [name, value])), originOf(sent));
});

/** Returns the signed-in user of the current page or action. Throws UNAUTHENTICATED. */
export async function requireUser(): Promise<UserViewer> {
  return signedIn(await currentViewer());
}

/** Returns the viewer as a user. Throws UNAUTHENTICATED. */
export function signedIn(viewer: Viewer): UserViewer {
  if (viewer.kind !== "user") throw new AppError("UNAUTHENTICATED", "Sign in first.");
  return viewer;
}

/**
 * Returns the viewer of an API request. API tokens do not exist yet: a request with one is rejected, not treated as
 * anonymous.
 */
export async function viewerOf(request: Request): Promise<Viewer> {
  if (request.headers.has("authorization")) {
    throw new AppError("UNAUTHENTICATED", "This token is not valid here. Sign in with the session cookie instead.");
  }
  return viewerOfCookies(cookiesOf(request), originOf(request.headers));
}

/**
 * Returns the user of an API request that changes data. Throws UNAUTHENTICATED without valid credentials. Browsers send
 * cookies with requests of other sites too, so a request with a cookie must have this site's Origin, else NOT_FOUND (CSRF).
 */
export async function writerOf(request: Request): Promise<UserViewer> {
  const viewer = signedIn(await viewerOf(request));
  const isByCookie = !request.headers.has("authorization");
  // Browsers always send Origin with a POST, PATCH, PUT or DELETE.
  if (isByCookie && request.headers.get("origin") !== env().ATOLL_URL) {
    throw new AppError("NOT_FOUND", "This request must come from this site.");
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
