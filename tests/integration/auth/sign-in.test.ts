import { hash } from "@node-rs/argon2";
import { beforeAll, describe, expect, it } from "vitest";
import { signUp } from "@/lib/auth/commands";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { signUpInput } from "@/lib/auth/schema";
import { viewerOf, viewerOfCookies } from "@/lib/auth/session";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { TestBrowser } from "../../support/browser";
import { disable } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";
import { newUser, password, sessionName } from "./new-user";

await testDatabase();

const anonymous = mintAnonymousViewer();

describe("signing in", () => {
  let ada: { userId: string; email: string };
  beforeAll(async () => {
    ada = await newUser("ada");
  });

  it("creates the user's session, whatever the case of the e-mail address", async () => {
    const browser = new TestBrowser(handleAuth);
    const { status, error } = await browser.signIn(`  ${ada.email.toUpperCase()} `, password);
    expect({ status, error }).toEqual({ status: 200, error: null });
    const viewer = await viewerOfCookies(Object.fromEntries(browser.cookies));
    const { id: sessionId } = await db().session.findFirstOrThrow({ where: { userId: ada.userId } });
    expect(viewer).toEqual({ kind: "user", userId: ada.userId, name: "ada", sessionId });
    const session = await (await browser.request("/api/auth/session")).json();
    expect(session).toMatchObject({ user: { id: ada.userId, name: "ada", email: ada.email } });
  });

  it("sets a cookie that scripts cannot read and other sites cannot send", async () => {
    const { response } = await new TestBrowser(handleAuth).signIn(ada.email, password);
    const line = response.headers.getSetCookie().find((cookie) => cookie.startsWith(sessionName));
    expect(line).toMatch(/; HttpOnly/);
    expect(line).toMatch(/; SameSite=Lax/);
    expect(line).not.toMatch(/; Secure/);
    const [name] = (line ?? "").split("=");
    expect(line).not.toContain(ada.email);
    expect(name).toBe(sessionName);
  });

  it("refuses a wrong password, an unknown address and a malformed one alike", async () => {
    for (const [address, attempt] of [
      [ada.email, "three small word"],
      ["nobody@example.org", password],
      ["not an address", password],
      [ada.email, ""],
      [ada.email, "x".repeat(1_000)],
    ] as const) {
      const browser = new TestBrowser(handleAuth);
      expect(await browser.signIn(address, attempt)).toMatchObject({ status: 401, error: "CredentialsSignin" });
      expect(browser.cookies.has(sessionName)).toBe(false);
    }
  });

  it("refuses a form without the CSRF token", async () => {
    const browser = new TestBrowser(handleAuth);
    await browser.csrfToken();
    const fields = { email: ada.email, password, csrfToken: "0".repeat(64), json: "true" };
    await browser.post("/api/auth/callback/credentials", fields);
    expect(browser.cookies.has(sessionName)).toBe(false);
  });

  it("has nothing at the address of the form when that is opened", async () => {
    expect((await new TestBrowser(handleAuth).request("/api/auth/callback/credentials")).status).toBe(404);
  });

  it("never redirects to another site", async () => {
    const browser = new TestBrowser(handleAuth);
    const csrfToken = await browser.csrfToken();
    const fields = { email: ada.email, password, csrfToken, callbackUrl: "https://evil.example/", json: "true" };
    const response = await browser.post("/api/auth/callback/credentials", fields);
    expect(new URL(((await response.json()) as { url: string }).url).origin).toBe("http://localhost:3000");
  });

  it("limits the size of the request body", async () => {
    const browser = new TestBrowser(handleAuth);
    const response = await browser.post("/api/auth/callback/credentials", { email: "x".repeat(70_000) });
    expect(response.status).toBe(413);
  });

  it("ignores error reports of clients", async () => {
    const response = await new TestBrowser(handleAuth).post("/api/auth/_log", { level: "error", code: "planted" });
    expect(response.status).toBe(204);
  });
});

describe("a session", () => {
  async function signedIn(name: string) {
    const who = await newUser(name);
    const browser = new TestBrowser(handleAuth);
    await browser.signIn(who.email, password);
    return { ...who, browser };
  }

  it("cannot be altered", async () => {
    const { browser } = await signedIn("altered");
    const token = browser.cookies.get(sessionName) ?? "";
    const at = token.length - 30;
    const altered = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    expect(await viewerOfCookies({ [sessionName]: altered })).toEqual({ kind: "anonymous" });
  });

  it("authenticates API requests; a token is rejected, not ignored", async () => {
    const { browser, userId } = await signedIn("api");
    const cookie = `${sessionName}=${browser.cookies.get(sessionName)}`;
    const url = "http://localhost:3000/api/v1/collections";
    expect(await viewerOf(new Request(url, { headers: { cookie } }))).toMatchObject({ kind: "user", userId });
    expect(await viewerOf(new Request(url))).toEqual({ kind: "anonymous" });
    for (const authorization of ["Bearer atoll_abc", `Bearer ${browser.cookies.get(sessionName)}`, "Basic YTpi"]) {
      const call = viewerOf(new Request(url, { headers: { cookie, authorization } }));
      await expect(call).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });
});

describe("a disabled account", () => {
  it("is refused like a wrong password, and counts as one", async () => {
    const { userId, email } = await newUser("barred");
    await disable({ userId });
    for (const attempt of ["wrong words here", password]) {
      const browser = new TestBrowser(handleAuth);
      const { status, error, response } = await browser.signIn(email, attempt);
      expect({ status, error }).toEqual({ status: 401, error: "CredentialsSignin" });
      expect(await response.text()).not.toMatch(/disabled/i);
      expect(browser.cookies.has(sessionName)).toBe(false);
    }
    expect(await db().event.count({ where: { subjectId: userId, action: "user.signInFailed" } })).toBe(2);
    expect(await db().session.count({ where: { userId } })).toBe(0);
  });
});

describe("a password", () => {
  it("is the same in another Unicode form", async () => {
    await signUp(anonymous, signUpInput.parse({ email: "unicode@example.org", password: "cafe\u0301 au lait" }));
    expect((await new TestBrowser(handleAuth).signIn("unicode@example.org", "caf\u00e9 au lait")).error).toBeNull();
  });

  it("that was hashed before normalization still lets in, as it was typed", async () => {
    const { userId, email } = await newUser("early");
    const typed = "\ufb01ne old words";
    await db().user.update({ where: { id: userId }, data: { passwordHash: await hash(typed) } });
    expect((await new TestBrowser(handleAuth).signIn(email, typed)).error).toBeNull();
    expect((await new TestBrowser(handleAuth).signIn(email, "fine old words")).error).toBe("CredentialsSignin");
  });
});
