export const passwordPolicy = { minCharacters: 8, maxCharacters: 128 } as const;

/** Returns the form in which passwords are compared, so that one typed on another keyboard still matches (NIST SP 800-63B 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize("NFKC");
}

/** Letters that a password needs beside words that anyone knows of the person or the site. */
const minOwnLetters = 4;

/**
 * Tells whether a password is little more than words of its context, such as the e-mail address or the site's name, with
 * digits and signs (OWASP ASVS 5.0, 6.2.11).
 */
export function isMadeOfContext(password: string, context: readonly string[]): boolean {
  const words = context
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .map((word) => normalizePassword(word).toLowerCase())
    .filter((word) => word.length > 2)
    // The longest first: a shorter one may be a part of it.
    .toSorted((a, b) => b.length - a.length);
  const typed = normalizePassword(password).toLowerCase();
  const own = words.reduce((rest, word) => rest.replaceAll(word, " "), typed);
  return own !== typed && (own.match(/\p{L}/gu) ?? []).length < minOwnLetters;
}

/** The account of the demo's collections, which no person owns: the first who signs up beside it is the administrator. */
export const demoEmail = "demo@atoll.local";

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

const signInMessages = new Map(
  Object.entries({
    CredentialsSignin: "Incorrect e-mail or password.",
    RATE_LIMITED: "Too many attempts. Wait a few minutes, then try again.",
    UNAVAILABLE:
      "Atoll cannot reach its database, so you cannot sign in right now. Your account is safe. Try again in a few seconds.",
    AccessDenied: "This account is disabled. Ask the site's administrator.",
    EmailNotVerified: "The provider has not verified your e-mail address. Verify it there, then sign in again.",
    OAuthAccountNotLinked:
      "An account with this e-mail address already exists and uses another sign-in method. Sign in as you did before.",
    NOT_FOUND: "You have no account here yet, and this site needs a valid invitation to create one. Ask its operator.",
    SignedUp: "Signing in did not work. If you have an account with this e-mail address already, use its password.",
    SessionRequired: "Sign in to see this page.",
  }),
);

/** Returns the message for an `error` code of sign-in, next-auth's or our own. */
export function signInMessage(error: string): string {
  return signInMessages.get(error) ?? "Sign-in failed. Try again.";
}

/** The longest name of a person. */
export const maxNameCharacters = 120;
