import "server-only";
import type { AuthOptions, TokenSet } from "next-auth";
import GitHub from "next-auth/providers/github";
import Google from "next-auth/providers/google";
import type { OAuthConfig } from "next-auth/providers/oauth";
import { env } from "@/lib/env";

type Claims = {
  sub: string;
  name?: string;
  preferred_username?: string;
  email?: string;
  email_verified?: boolean | string;
};

/** Returns the sign-in providers configured in the environment. */
export function externalProviders(): AuthOptions["providers"] {
  const { GITHUB_ID, GITHUB_SECRET, GOOGLE_ID, GOOGLE_SECRET, OIDC_ISSUER, OIDC_ID, OIDC_SECRET } = env();
  const providers: AuthOptions["providers"] = [];
  if (GITHUB_ID && GITHUB_SECRET) {
    const userinfo = { url: "https://api.github.com/user", request: gitHubProfile };
    providers.push(GitHub({ clientId: GITHUB_ID, clientSecret: GITHUB_SECRET, userinfo }));
  }
  if (GOOGLE_ID && GOOGLE_SECRET) {
    providers.push(Google({ clientId: GOOGLE_ID, clientSecret: GOOGLE_SECRET, checks: ["pkce", "state", "nonce"] }));
  }
  if (OIDC_ISSUER && OIDC_ID && OIDC_SECRET) providers.push(openIdConnect(OIDC_ISSUER, OIDC_ID, OIDC_SECRET));
  return providers;
}

/** Returns the configured providers for the sign-in page. */
export function externalProviderNames(): { id: string; name: string }[] {
  return externalProviders().map(({ id, name }) => ({ id, name }));
}

function openIdConnect(issuer: string, clientId: string, clientSecret: string): OAuthConfig<Claims> {
  return {
    id: "oidc",
    name: "Single sign-on",
    type: "oauth",
    wellKnown: `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    authorization: { params: { scope: "openid email profile" } },
    idToken: true,
    checks: ["pkce", "state", "nonce"],
    clientId,
    clientSecret,
    profile: ({ sub, name, preferred_username, email }) => ({
      id: sub,
      name: name ?? preferred_username ?? null,
      email: email ?? null,
    }),
  };
}

type GitHubEmail = { email: string; primary: boolean; verified: boolean };

// The profile's e-mail address is free text. Only the list of e-mails says which address is verified.
// https://docs.github.com/en/rest/users/emails
async function gitHubProfile({ tokens }: { tokens: TokenSet }) {
  const headers = { authorization: `Bearer ${tokens.access_token}`, accept: "application/vnd.github+json" };
  const get = async (url: string) => {
    const response = await fetch(url, { headers });
    if (!response.ok) throw new Error(`GitHub responded with status ${response.status}`);
    return response.json();
  };
  const [profile, emails] = await Promise.all([
    get("https://api.github.com/user") as Promise<{ id: number; login: string; name: string | null }>,
    get("https://api.github.com/user/emails") as Promise<GitHubEmail[]>,
  ]);
  const primary = emails.find((entry) => entry.primary && entry.verified);
  const { id, login, name } = profile;
  const verified = primary ? { email: primary.email, email_verified: true } : {};
  return { id, login, sub: String(id), name: name ?? login, ...verified };
}
