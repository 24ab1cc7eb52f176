export const passwordPolicy = { minCharacters: 8, maxCharacters: 200 } as const;

/** So many failures for one account within the window, and further attempts are refused unlooked at. */
export const signInPolicy = { maxFailures: 10, windowSeconds: 15 * 60 } as const;

export const sessionPolicy = { maxAgeSeconds: 30 * 24 * 60 * 60 } as const;

export function isSecureSite(siteUrl: string): boolean {
  return siteUrl.startsWith("https://");
}

/** The name next-auth gives the cookie: browsers take `__Secure-` cookies from https only. */
export function sessionCookieName(siteUrl: string): string {
  return isSecureSite(siteUrl) ? "__Secure-next-auth.session-token" : "next-auth.session-token";
}
