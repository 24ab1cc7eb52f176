export const passwordPolicy = { minCharacters: 8, maxCharacters: 200 } as const;

/**
 * So many failures within the window, and further attempts are refused unlooked at: for one account from one address, so
 * that a stranger's guesses do not keep out its owner; for one account and from one address altogether, so that neither
 * many addresses nor many accounts give more of them.
 */
export const signInPolicy = {
  maxFailures: 10,
  maxPerAccount: 100,
  maxPerAddress: 100,
  windowSeconds: 15 * 60,
} as const;

/** Set by our own server (lib/cli/site) on every request, whatever the client sent: behind any other server it is a lie. */
export const clientAddressHeader = "x-atoll-client-address";

export const sessionPolicy = { maxAgeSeconds: 30 * 24 * 60 * 60 } as const;

export function isSecureSite(siteUrl: string): boolean {
  return siteUrl.startsWith("https://");
}

/** The name next-auth gives the cookie: browsers take `__Secure-` cookies from https only. */
export function sessionCookieName(siteUrl: string): string {
  return isSecureSite(siteUrl) ? "__Secure-next-auth.session-token" : "next-auth.session-token";
}
