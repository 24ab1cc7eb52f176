import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { externalProviderNames } from "@/lib/auth/next-auth/providers";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { signInMessage } from "@/lib/auth/policy";
import { viewerOfCookies } from "@/lib/auth/session";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { invite } from "@/lib/invitation/commands";
import { TestBrowser } from "../../support/browser";
import { disable, person, system } from "../../support/fixtures/people";
import { OidcIssuer } from "../../support/services/oidc-issuer";
import { testDatabase } from "../../support/services/services";

const issuer = await OidcIssuer.start();
afterAll(() => issuer.stop());
process.env.OIDC_ISSUER = issuer.url;
process.env.OIDC_ID = issuer.client.id;
process.env.OIDC_SECRET = issuer.client.secret;
await testDatabase();

const sessionName = "next-auth.session-token";
const viewerIn = (browser: TestBrowser) => viewerOfCookies(Object.fromEntries(browser.cookies));
const counts = async () => ({ users: await db().user.count(), accounts: await db().account.count() });

/** Signs in through the issuer as a browser does. Returns the final location, with the error of the sign-in page. */
async function signIn(
  browser: TestBrowser,
  onTheWay = (back: URL) => back,
  more: Record<string, string> = {},
): Promise<{ path: string; error: string | null }> {
  const fields = { csrfToken: await browser.csrfToken(), callbackUrl: "/collections", json: "true", ...more };
  const { url } = (await (await browser.post("/api/auth/signin/oidc", fields)).json()) as { url: string };
  const away = await fetch(url, { redirect: "manual" });
  let at = onTheWay(new URL(away.headers.get("location") ?? ""));
  while (at.pathname.startsWith("/api/auth/")) {
    const response = await browser.request(at.pathname + at.search);
    at = new URL(response.headers.get("location") ?? "", at);
  }
  return { path: at.pathname, error: at.searchParams.get("error") };
}

beforeEach(() => {
  issuer.isForging = false;
});

describe("signing in by an OpenID Connect issuer", () => {
  it("is offered", () => {
    expect(externalProviderNames()).toEqual([{ id: "oidc", name: "Single sign-on" }]);
  });

  it("creates a user the first time, and finds them later, also after a change of e-mail address", async () => {
    issuer.person = { sub: "ada-1", name: "A\u202eda\0 ", email: "Ada@Example.ORG", email_verified: true };
    const [first, second] = [new TestBrowser(handleAuth), new TestBrowser(handleAuth)];
    expect(await signIn(first)).toEqual({ path: "/collections", error: null });
    const user = await db().user.findUniqueOrThrow({
      where: { email: "ada@example.org" },
      include: { accounts: true },
    });
    expect(await viewerIn(first)).toMatchObject({ kind: "user", userId: user.id, name: "Ada" });
    expect(user.emailVerified).not.toBeNull();
    // The first account of an empty site.
    expect(user.isAdmin).toBe(true);
    const before = await counts();
    issuer.person = { ...issuer.person, email: "lovelace@example.org" };
    await signIn(second);
    expect(await viewerIn(second)).toMatchObject({ userId: user.id });
    expect(await counts()).toEqual(before);
    const lines = await db().event.findMany({ where: { subjectId: user.id }, orderBy: { id: "asc" } });
    expect(lines.map(({ action, detail }) => [action, detail])).toEqual([
      ["user.signedUp", { provider: "oidc" }],
      ["user.signedIn", { provider: "oidc" }],
      ["user.signedIn", { provider: "oidc" }],
    ]);
  });

  it("lets a new person in by the site's rule only: with an invitation, once, for its address", async () => {
    Object.assign(env(), { ATOLL_SIGN_UP: "invite", ATOLL_DEFAULT_QUOTA: 7n });
    const join = (email: string, invitation?: string) => {
      issuer.person = { sub: email, email, email_verified: true };
      return signIn(new TestBrowser(handleAuth), undefined, invitation === undefined ? {} : { invitation });
    };
    const refused = { path: "/sign-in", error: "NOT_FOUND" };
    const before = await counts();
    expect(await join("uninvited@example.org")).toEqual(refused);
    expect(await join("uninvited@example.org", "x".repeat(43))).toEqual(refused);
    const { token } = await invite(system, { email: "invited@example.org" });
    expect(await join("other@example.org", token)).toEqual(refused);
    expect(signInMessage("NOT_FOUND")).toMatch(/needs a valid invitation/);
    expect(await counts()).toEqual(before);
    expect(await join("invited@example.org", token)).toEqual({ path: "/collections", error: null });
    const guest = await db().user.findUniqueOrThrow({ where: { email: "invited@example.org" } });
    expect(guest).toMatchObject({ quotaBytes: 7n, isAdmin: false });
    // One who has an account needs none.
    expect(await join("invited@example.org")).toEqual({ path: "/collections", error: null });
    const { token: another } = await invite(system, {});
    expect(await join("first@example.org", another)).toEqual({ path: "/collections", error: null });
    expect(await join("second@example.org", another)).toEqual(refused);
    Object.assign(env(), { ATOLL_SIGN_UP: "closed" });
    expect(await join("third@example.org")).toEqual(refused);
    Object.assign(env(), { ATOLL_SIGN_UP: "open", ATOLL_DEFAULT_QUOTA: null });
    const key = "signUpsFromNetwork unknown";
    const spentUntil = new Date(Date.now() + budgets.signUpsFromNetwork.windowSeconds * 1_000);
    await db().budget.update({ where: { key }, data: { spentUntil } });
    expect(await join("fourth@example.org")).toEqual({ path: "/sign-in", error: "RATE_LIMITED" });
    expect(await join("first@example.org")).toEqual({ path: "/collections", error: null });
    await db().budget.delete({ where: { key } });
  });

  it("forgets an invitation when its person is back, or leaves without one", async () => {
    const name = "atoll-invitation";
    const leave = async (browser: TestBrowser, more: Record<string, string> = {}) =>
      browser.post("/api/auth/signin/oidc", { csrfToken: await browser.csrfToken(), json: "true", ...more });
    const { token } = await invite(system, {});
    const browser = new TestBrowser(handleAuth);
    await leave(browser, { invitation: token });
    expect(browser.cookies.get(name)).toBe(token);
    await leave(browser);
    expect(browser.cookies.has(name)).toBe(false);
    issuer.person = { sub: "ada-1", name: "Ada", email: "ada@example.org", email_verified: true };
    await signIn(browser, undefined, { invitation: token });
    expect(browser.cookies.has(name)).toBe(false);
    // A return that fails is one, too.
    await leave(browser, { invitation: token });
    await browser.request("/api/auth/callback/oidc?error=access_denied");
    expect(browser.cookies.has(name)).toBe(false);
  });

  it("stores none of the issuer's tokens", async () => {
    const accounts = await db().account.findMany();
    expect(accounts.length).toBeGreaterThan(0);
    for (const { access_token, refresh_token, id_token } of accounts) {
      expect([access_token, refresh_token, id_token]).toEqual([null, null, null]);
    }
  });

  it.each([false, "false", undefined])("refuses a new address whose verification is %j", async (verified) => {
    const claim = verified === undefined ? {} : { email_verified: verified };
    issuer.person = { sub: "unverified", email: "unverified@example.org", ...claim };
    const before = await counts();
    const browser = new TestBrowser(handleAuth);
    expect(await signIn(browser)).toEqual({ path: "/sign-in", error: "EmailNotVerified" });
    expect(browser.cookies.has(sessionName)).toBe(false);
    expect(await counts()).toEqual(before);
  });

  it("does not take over an account that has the address", async () => {
    const { userId } = await person("target", "three small words");
    const { email } = await db().user.findUniqueOrThrow({ where: { id: userId } });
    issuer.person = { sub: "taker", email: email.toUpperCase(), email_verified: true };
    const before = await counts();
    const browser = new TestBrowser(handleAuth);
    const { error } = await signIn(browser);
    expect(error).toBe("OAuthAccountNotLinked");
    expect(signInMessage(error ?? "")).toMatch(/already exists/);
    expect(browser.cookies.has(sessionName)).toBe(false);
    expect(await counts()).toEqual(before);
  });

  it("does not link the account to the signed-in user", async () => {
    const { userId } = await person("present", "three small words");
    const { email } = await db().user.findUniqueOrThrow({ where: { id: userId } });
    const browser = new TestBrowser(handleAuth);
    await browser.signIn(email, "three small words");
    issuer.person = { sub: "guest", email: "guest@example.org", email_verified: true };
    await signIn(browser);
    expect(await db().account.count({ where: { userId } })).toBe(0);
    expect(await viewerIn(browser)).toMatchObject({ kind: "user", name: "guest@example.org" });
  });

  it("refuses a disabled user", async () => {
    issuer.person = { sub: "barred", email: "barred@example.org", email_verified: "true" };
    await signIn(new TestBrowser(handleAuth));
    const { id } = await db().user.findUniqueOrThrow({ where: { email: "barred@example.org" } });
    await disable({ userId: id });
    const browser = new TestBrowser(handleAuth);
    const { error } = await signIn(browser);
    expect(signInMessage(error ?? "")).toMatch(/disabled/);
    expect(browser.cookies.has(sessionName)).toBe(false);
  });

  it("refuses a token with a wrong signature, an altered state, and a callback in another browser", async () => {
    issuer.person = { sub: "mallory", email: "mallory@example.org", email_verified: true };
    const before = await counts();
    const refused = async (way: Promise<{ path: string; error: string | null }>, browser: TestBrowser) => {
      expect(await way).toMatchObject({ path: "/sign-in", error: "OAuthCallback" });
      expect(browser.cookies.has(sessionName)).toBe(false);
    };
    issuer.isForging = true;
    const forged = new TestBrowser(handleAuth);
    await refused(signIn(forged), forged);
    issuer.isForging = false;
    const altered = new TestBrowser(handleAuth);
    await refused(
      signIn(altered, (back) => {
        back.searchParams.set("state", "altered");
        return back;
      }),
      altered,
    );
    const victim = new TestBrowser(handleAuth);
    await refused(
      signIn(victim, (back) => {
        victim.cookies.clear();
        return back;
      }),
      victim,
    );
    expect(await counts()).toEqual(before);
  });
});
