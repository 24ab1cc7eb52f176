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
 * next-auth's options for one request. next-auth turns whatever is thrown inside into a line of text; `failed` gets the
 * error itself, so that the answer can have its status.
 */
export function authOptions(origin: Origin, failed: (error: AppError) => void): AuthOptions {
  const { ATOLL_URL, NEXTAUTH_SECRET } = env();
  const reporting = <Args extends unknown[], T>(run: (...args: Args) => Promise<T>) =>
    (async (...args) => {
      try {
        return await run(...args);
      } catch (thrown) {
        const error = toAppError(thrown);
        failed(error);
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
      signIn: reporting(async ({ account, profile }) => (account ? admit(account, profile) : false)),
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
      // Profiles, addresses and codes of providers are in the metadata: only the error's own line goes to the log.
      error: (code, metadata) => console.error(`sign-in: ${code}: ${lineOf(metadata)}`),
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

/** Whether a provider's word is enough: a user known by this account and not disabled, or a new one with a verified address. */
async function admit(account: Account, profile: Profile | undefined): Promise<boolean | string> {
  if (account.type === "credentials") return true;
  const { provider, providerAccountId } = account;
  const known = await db().account.findUnique({
    where: { provider_providerAccountId: { provider, providerAccountId } },
    select: { user: { select: { disabledAt: true } } },
  });
  if (known) return known.user.disabledAt === null;
  const { email_verified: verified } = (profile ?? {}) as { email_verified?: unknown };
  // Some issuers write the claim as text.
  if (profile?.email && (verified === true || verified === "true")) return true;
  return `${routes.signIn()}?error=EmailNotVerified`;
}

/** What somebody sent may be quoted in it: it stays one line. */
function lineOf(metadata: unknown): string {
  const { error = metadata } = (metadata ?? {}) as { error?: unknown };
  return error instanceof Error ? error.message.replaceAll(/\p{C}+/gu, " ").slice(0, 300) : "";
}
