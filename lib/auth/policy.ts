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

const daySeconds = 24 * 60 * 60;

/** How long a session lasts: at most `maxAgeSeconds` after signing in and `maxIdleSeconds` after its last use. */
export const sessionPolicy = {
  maxAgeSeconds: 90 * daySeconds,
  maxIdleSeconds: 30 * daySeconds,
  /** Its last use is recorded at most this often. */
  seenEverySeconds: 5 * 60,
  /** A sign-in beyond this number ends the user's session that has not been used for longest. */
  maxPerUser: 100,
} as const;

export function isSecureSite(siteUrl: string): boolean {
  return siteUrl.startsWith("https://");
}
