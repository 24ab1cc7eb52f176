import "server-only";
import { env } from "@/lib/env";
import { isSecureSite } from "./policy";

/** Returns a cookie's name with the prefix that lets no other host set it. Browsers accept the prefix over https only. */
export function siteCookieName(name: string): string {
  return isSecureSite(env().ATOLL_URL) ? `__Host-${name}` : name;
}

/** Returns the Set-Cookie header of a cookie for this host that scripts cannot read and other sites' requests do not carry. */
export function cookieLine(name: string, value: string, lifeSeconds: number): string {
  const secure = isSecureSite(env().ATOLL_URL) ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${lifeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}
