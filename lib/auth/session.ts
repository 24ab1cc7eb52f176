import "server-only";
import { isIP } from "node:net";
import { cookies, headers } from "next/headers";
import { NextRequest } from "next/server";
import { AppError } from "@/lib/errors";
import { siteCookieOptions } from "./cookies";
import { type Device, deviceOf } from "./device";
import { sessionOfCookies } from "./live-session";
import { clientAddressHeader } from "./policy";
import { type Cookies, sessionCookie } from "./session-cookies";
import { viewerOfToken } from "./token/live-token";
import { mintAnonymousViewer, mintUserViewer, type Origin, type UserViewer, type Viewer } from "./viewer";

/** Returns the viewer of a session cookie: anonymous where the session has ended. */
export async function viewerOfCookies(jar: Cookies, origin: Origin = {}): Promise<Viewer> {
  const session = await sessionOfCookies(jar);
  if (!session) return mintAnonymousViewer(origin);
  const { id, userId, name, email } = session;
  return mintUserViewer({ id: userId, name, email }, origin, id);
}

/** The viewers of requests that are being answered, by their headers: a request looks its session up once. */
const viewers = new WeakMap<object, Promise<Viewer>>();

function viewerOnce(request: object, find: () => Promise<Viewer>): Promise<Viewer> {
  const viewer = viewers.get(request) ?? find();
  viewers.set(request, viewer);
  return viewer;
}

/** Returns the viewer of the current page or action. */
export async function currentViewer(): Promise<Viewer> {
  const sent = await headers();
  // React's `cache` would not share it between an action and the page that is rendered after it.
  return viewerOnce(sent, async () => viewerOfCookies(byName((await cookies()).getAll()), originOf(sent)));
}

/** Returns the device of the current page or action. */
export async function currentDevice(): Promise<Device> {
  return deviceOf(byName((await cookies()).getAll()));
}

/** Gives this browser the cookie of a renewed session, in an action. The page that is rendered after it looks it up anew. */
export async function setSessionCookie({ id, leftSeconds }: { id: string; leftSeconds: number }): Promise<void> {
  (await cookies()).set(await sessionCookie(id, leftSeconds));
  viewers.delete(await headers());
}

/** Gives this browser the cookie of a device that remembers another account or epoch, in an action. */
export async function setDeviceCookie(device: Device): Promise<void> {
  const cookie = device.cookie();
  if (cookie) (await cookies()).set({ ...siteCookieOptions(), ...cookie });
}

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
 * Returns the viewer of an API request: of its token, whatever cookies it has, else of its session cookie. Throws UNAUTHENTICATED for a
 * token that is not valid: it is never treated as a visitor's.
 */
export async function viewerOf(request: Request): Promise<Viewer> {
  const origin = originOf(request.headers);
  const authorization = request.headers.get("authorization");
  return viewerOnce(request, () =>
    authorization === null ? viewerOfCookies(cookiesOf(request), origin) : viewerOfToken(authorization, origin),
  );
}

export function originOf(sent: Pick<Headers, "get">): Origin {
  const ipAddress = sent.get(clientAddressHeader);
  return ipAddress !== null && isIP(ipAddress) !== 0 ? { ipAddress } : {};
}

export function cookiesOf(request: Request): Cookies {
  return byName(new NextRequest(request.url, { headers: request.headers }).cookies.getAll());
}

function byName(jar: { name: string; value: string }[]): Cookies {
  return Object.fromEntries(jar.map(({ name, value }) => [name, value]));
}
