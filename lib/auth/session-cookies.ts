import "server-only";
import type { CookiesOptions } from "next-auth";
import { decode, encode } from "next-auth/jwt";
import { z } from "zod";
import { env } from "@/lib/env";
import { cookieLine, siteCookieName, siteCookieOptions } from "./cookies";
import { isSecureSite, sessionPolicy } from "./policy";

/** The cookies of a request by name. */
export type Cookies = Readonly<Record<string, string>>;

const cookieName = (name: string) => siteCookieName(`next-auth.${name}`);

/** Returns the names and attributes of all cookies that next-auth sets. */
export function authCookies(): CookiesOptions {
  const cookie = (name: string, maxAge?: number) => ({
    name: cookieName(name),
    options: { ...siteCookieOptions(), ...(maxAge === undefined ? {} : { maxAge }) },
  });
  const onTheWaySeconds = 15 * 60;
  return {
    sessionToken: cookie("session-token"),
    callbackUrl: cookie("callback-url"),
    csrfToken: cookie("csrf-token"),
    pkceCodeVerifier: cookie("pkce.code_verifier", onTheWaySeconds),
    state: cookie("state", onTheWaySeconds),
    nonce: cookie("nonce", onTheWaySeconds),
  };
}

/** Returns the cookie that names a session: encrypted and authenticated, so that the id alone is worth nothing. */
export async function sessionCookie(sessionId: string, maxAge: number = sessionPolicy.maxAgeSeconds) {
  const value = await encode({ token: { sessionId }, secret: env().NEXTAUTH_SECRET, maxAge });
  return { name: cookieName("session-token"), value, ...siteCookieOptions(), maxAge };
}

const claims = z.object({ sessionId: z.uuid() });

/** Returns the id of the session that the cookies name, which may have ended; null for missing, altered and earlier cookies. */
export async function sessionIdIn(jar: Cookies): Promise<string | null> {
  const token = sessionTokenIn(jar);
  if (token === "") return null;
  try {
    const parsed = claims.safeParse(await decode({ token, secret: env().NEXTAUTH_SECRET }));
    return parsed.success ? parsed.data.sessionId : null;
  } catch {
    // Not encrypted with this secret, or expired.
    return null;
  }
}

/** Returns the token as a whole: next-auth splits a long one into name.0, name.1, … An empty text where there is none. */
function sessionTokenIn(jar: Cookies): string {
  const name = cookieName("session-token");
  let token = jar[name] ?? "";
  for (let part = 0; jar[name] === undefined && jar[`${name}.${part}`] !== undefined; part += 1)
    token += jar[`${name}.${part}`];
  return token;
}

const sessionCookies = /^(__Host-|__Secure-)?next-auth\.session-token(\.\d+)?$/;

/** Returns the cookies that next-auth may see: of the session its token as a whole, and only where `isSignedIn`. */
export function cookiesForNextAuth(jar: Cookies, isSignedIn: boolean): Record<string, string> {
  const others = Object.entries(jar).filter(([name]) => !sessionCookies.test(name));
  const own = isSignedIn ? [[cookieName("session-token"), sessionTokenIn(jar)] as const] : [];
  return Object.fromEntries([...others, ...own]);
}

/**
 * Returns the Set-Cookie lines of next-auth's response without a renewal of a session that is `alive`, and with lines that remove
 * what is left behind: on https the cookies of before the `__Host-` prefix; where the session has `ended` or is another one now,
 * every other session cookie that the browser sent.
 */
export function settledCookies(
  lines: readonly string[],
  jar: Cookies,
  session: "alive" | "ended" | "as set",
): string[] {
  const nameOf = (line: string) => line.slice(0, line.indexOf("="));
  const kept = lines.filter((line) => session !== "alive" || !sessionCookies.test(nameOf(line)));
  const names = new Set(kept.map(nameOf));
  const hasEnded = session === "ended" || [...names].some((name) => sessionCookies.test(name));
  const isSecure = isSecureSite(env().ATOLL_URL);
  const stale = Object.keys(jar).filter((name) => {
    if (names.has(name)) return false;
    const isRetired = isSecure && /^(__Secure-)?next-auth\./.test(name);
    return isRetired || (hasEnded && sessionCookies.test(name));
  });
  return [...kept, ...stale.map((name) => cookieLine({ name, value: "", maxAge: 0 }))];
}
