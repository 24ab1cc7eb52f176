import "server-only";
import type { Account, AuthOptions, Profile, User } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, toAppError } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { routes } from "@/lib/routes";
import { checkPassword } from "../commands";
import type { Device } from "../device";
import { startSession } from "../live-session";
import { isSecureSite, sessionPolicy } from "../policy";
import type { LiveSession } from "../rows";
import { authCookies } from "../session-cookies";
import { mintAnonymousViewer, mintUserViewer, type Origin } from "../viewer";
import { requestAdapter } from "./adapter";
import { externalProviders } from "./providers";

/** What sign-in needs to know of a request. */
export type Visit = {
  origin: Origin;
  /** The browser, as it is known from earlier sign-ins, and in the words of its User-Agent. */
  device: Device;
  deviceWords: string;
  /** The invitation with which the person came to create an account. */
  invitation: string | undefined;
  /** The session that the browser's cookie names, alive or not. */
  sessionId: string | null;
  /** That session, looked up where next-auth is asked for it; null where it has ended. */
  session: LiveSession | null;
  /** next-auth reduces thrown errors to a text. This gets the error itself, so that the response can have its status. */
  onError(error: AppError): void;
  /** Called where the browser asks to end its session, after the check of the CSRF token. */
  onSignOut(): void;
};

/** Returns next-auth's options for one request. */
export function authOptions(visit: Visit): AuthOptions {
  const { origin, invitation, session: live, onError } = visit;
  const { ATOLL_URL, NEXTAUTH_SECRET } = env();
  const reporting = <Args extends unknown[], T>(run: (...args: Args) => Promise<T>) =>
    (async (...args) => {
      try {
        return await run(...args);
      } catch (thrown) {
        const error = toAppError(thrown);
        onError(error);
        throw new Error(error.code, { cause: thrown });
      }
    }) satisfies (...args: Args) => Promise<T>;

  return {
    secret: NEXTAUTH_SECRET,
    useSecureCookies: isSecureSite(ATOLL_URL),
    cookies: authCookies(),
    session: { strategy: "jwt", maxAge: sessionPolicy.maxAgeSeconds },
    jwt: { maxAge: sessionPolicy.maxAgeSeconds },
    pages: { signIn: routes.signIn(), error: routes.signIn(), signOut: routes.home() },
    adapter: reportingAdapter(requestAdapter(origin, invitation), reporting),
    providers: [
      Credentials({
        credentials: { email: { label: "E-mail", type: "email" }, password: { label: "Password", type: "password" } },
        authorize: reporting((form) => authorize(form, visit)),
      }),
      ...externalProviders(),
    ],
    callbacks: {
      signIn: reporting(async ({ account, profile }) => (account ? allowsSignIn(account, profile) : false)),
      // The cookie names the session and nothing else. All that is shown or decided is read from rows.
      jwt: reporting(async ({ token, user }) => ({
        sessionId: user ? (user.sessionId ?? (await startFor(user, visit))) : (token.sessionId ?? ""),
      })),
      session: ({ session }) => ({
        expires: live?.endsAt.toISOString() ?? session.expires,
        user: { id: live?.userId ?? "", name: live?.name ?? null, email: live?.email ?? null },
      }),
    },
    events: {
      signOut: () => visit.onSignOut(),
      signIn: async ({ user, account }) => {
        if (!account || account.provider === "credentials") return;
        const viewer = mintUserViewer({ id: user.id, name: user.name ?? null, email: user.email ?? "" }, origin);
        await recordEvent(db(), viewer, {
          action: "user.signedIn",
          subjectType: "user",
          subjectId: user.id,
          detail: { provider: account.provider },
        });
      },
    },
    logger: {
      // The metadata holds profiles, e-mail addresses and provider codes, so only the error's message is logged.
      error: (code, metadata) => console.error(`sign-in: ${code}: ${errorLine(metadata)}`),
      warn: () => undefined,
      debug: () => undefined,
    },
  };
}

/** Returns the user with this e-mail and password, and the session that was started; null as `checkPassword`. */
async function authorize(form: unknown, visit: Visit): Promise<User | null> {
  const user = await checkPassword(mintAnonymousViewer(visit.origin), form, visit.device);
  return user && { ...user, sessionId: await startFor(user, visit) };
}

/** Starts a session for a user who has proven who they are, and returns its id. Throws UNAUTHENTICATED. */
async function startFor({ id: userId, sessionEpoch: epoch = 0 }: User, visit: Visit): Promise<string> {
  const { origin, deviceWords, sessionId: replaces } = visit;
  const sessionId = await startSession({ userId, epoch, origin, device: deviceWords, replaces });
  if (sessionId === null) throw new AppError("UNAUTHENTICATED", "The account was changed meanwhile. Sign in again.");
  return sessionId;
}

type Reporting = <Args extends unknown[], T>(run: (...args: Args) => Promise<T>) => (...args: Args) => Promise<T>;

type RequestAdapter = ReturnType<typeof requestAdapter>;

function reportingAdapter(adapter: RequestAdapter, reporting: Reporting): RequestAdapter {
  const methods = Object.entries(adapter).map(([name, method]) => [name, reporting(method)]);
  return Object.fromEntries(methods) as typeof adapter;
}

/** Allows provider sign-in for a known, enabled user, and for a new user whose e-mail address the provider has verified. */
async function allowsSignIn(account: Account, profile: Profile | undefined): Promise<boolean | string> {
  if (account.type === "credentials") return true;
  const { provider, providerAccountId } = account;
  const known = await db().account.findUnique({
    where: { provider_providerAccountId: { provider, providerAccountId } },
    select: { user: { select: { disabledAt: true } } },
  });
  if (known) return known.user.disabledAt === null;
  const { email_verified: verified } = (profile ?? {}) as { email_verified?: unknown };
  // Some issuers send the claim as a string.
  if (profile?.email && (verified === true || verified === "true")) return true;
  return `${routes.signIn()}?error=EmailNotVerified`;
}

/** Returns the error's message as one line. It may quote user input, so control characters are removed. */
function errorLine(metadata: unknown): string {
  const { error = metadata } = (metadata ?? {}) as { error?: unknown };
  return error instanceof Error ? error.message.replaceAll(/\p{C}+/gu, " ").slice(0, 300) : "";
}
