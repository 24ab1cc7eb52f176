export const passwordPolicy = { minCharacters: 8, maxCharacters: 200 } as const;

/**
 * Limits of failed sign-in attempts per window; further attempts are rejected without checking the password. `maxFailures`
 * counts one account from one IP address, so that a stranger's guesses do not lock out its owner. `maxPerAccount` and
 * `maxPerAddress` bound guessing from many addresses and at many accounts.
 */
export const signInPolicy = {
  maxFailures: 10,
  maxPerAccount: 100,
  maxPerAddress: 100,
  windowSeconds: 15 * 60,
} as const;

/** Set by lib/cli/site on every request, which drops the client's own. Not trustworthy behind any other server. */
export const clientAddressHeader = "x-atoll-client-address";

export const sessionPolicy = { maxAgeSeconds: 30 * 24 * 60 * 60 } as const;

export function isSecureSite(siteUrl: string): boolean {
  return siteUrl.startsWith("https://");
}

/** Returns next-auth's name of the session cookie. Browsers accept `__Secure-` cookies over https only. */
export function sessionCookieName(siteUrl: string): string {
  return isSecureSite(siteUrl) ? "__Secure-next-auth.session-token" : "next-auth.session-token";
}
