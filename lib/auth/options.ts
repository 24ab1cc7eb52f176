import "server-only";
import type { Account, AuthOptions, Profile } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { type AppError, toAppError } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { routes } from "@/lib/routes";
import { requestAdapter } from "./adapter";
import { checkPassword } from "./commands";
import { isSecureSite, sessionPolicy } from "./policy";
import { externalProviders } from "./providers";
import { mintAnonymousViewer, mintUserViewer, type Origin } from "./viewer";

/**
 * Returns next-auth's options for one request. next-auth reduces thrown errors to a text; `onError` gets the error itself,
 * so that the response can have its status.
 */
export function authOptions(origin: Origin, onError: (error: AppError) => void): AuthOptions {
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
    session: { strategy: "jwt", maxAge: sessionPolicy.maxAgeSeconds },
    pages: { signIn: routes.signIn(), error: routes.signIn(), signOut: routes.home() },
    adapter: reportingAdapter(requestAdapter(origin), reporting),
    providers: [
      Credentials({
        credentials: { email: { label: "E-mail", type: "email" }, password: { label: "Password", type: "password" } },
        authorize: reporting(async (form) => checkPassword(mintAnonymousViewer(origin), form)),
      }),
      ...externalProviders(),
    ],
    callbacks: {
      signIn: reporting(async ({ account, profile }) => (account ? allowsSignIn(account, profile) : false)),
      jwt: ({ token, user }) => (user ? { ...token, userId: user.id, sessionEpoch: user.sessionEpoch ?? 0 } : token),
      session: ({ session, token }) => ({
        expires: session.expires,
        user: { id: token.userId ?? "", name: token.name ?? null, email: token.email ?? null },
      }),
    },
    events: {
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
