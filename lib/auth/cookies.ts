import "server-only";
import { env } from "@/lib/env";
import { isSecureSite } from "./policy";

/** Returns a cookie's name with the prefix that lets no other host set it. Browsers accept the prefix over https only. */
export function siteCookieName(name: string): string {
  return isSecureSite(env().ATOLL_URL) ? `__Host-${name}` : name;
}

/** Returns the attributes of all our cookies: for this host, out of reach of scripts, not sent by other sites' requests. */
export function siteCookieOptions() {
  return { httpOnly: true, sameSite: "lax", path: "/", secure: isSecureSite(env().ATOLL_URL) } as const;
}

/** A cookie to set; `maxAge` in seconds, 0 to remove it. */
export type SiteCookie = { name: string; value: string; maxAge: number };

/** Returns the Set-Cookie header of a cookie, with the attributes of `siteCookieOptions`. */
export function cookieLine({ name, value, maxAge }: SiteCookie): string {
  const secure = siteCookieOptions().secure ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}
