import { encode } from "next-auth/jwt";
import { expect, it } from "vitest";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { viewerOfCookies } from "@/lib/auth/session";
import { authCookies } from "@/lib/auth/session-cookies";
import { env } from "@/lib/env";
import { TestBrowser } from "../../support/browser";
import { person, sessionCookie } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

// The site is behind https here; on http loopback, sign-in.test.ts.
process.env.ATOLL_URL = "https://atoll.example";
await testDatabase();

const password = "three small words";
const email = "secured-1@example.org";
const sessionName = "__Host-next-auth.session-token";
const retired = [
  "__Secure-next-auth.session-token",
  "__Secure-next-auth.session-token.0",
  "__Secure-next-auth.callback-url",
  "__Secure-next-auth.state",
  "next-auth.session-token",
  "next-auth.csrf-token",
];

it("on https every cookie of sign-in is this host's alone: __Host-, Secure, Path=/, no Domain, HttpOnly, SameSite=Lax", async () => {
  for (const { name, options } of Object.values(authCookies())) {
    expect(name).toMatch(/^__Host-next-auth\./);
    expect(options).toMatchObject({ secure: true, httpOnly: true, sameSite: "lax", path: "/" });
    expect(options).not.toHaveProperty("domain");
  }
  await person("secured", password);
  const browser = new TestBrowser(handleAuth);
  const csrf = await browser.request("/api/auth/csrf");
  const { error, response } = await browser.signIn(email, password);
  expect(error).toBeNull();
  const lines = [...csrf.headers.getSetCookie(), ...response.headers.getSetCookie()];
  const names = new Set(lines.map((line) => line.split("=")[0]));
  const others = ["__Host-next-auth.callback-url", "__Host-next-auth.csrf-token", "__Host-atoll-device"];
  expect(names).toEqual(new Set([sessionName, ...others]));
  for (const line of lines) {
    expect(line).toMatch(/; Secure/);
    expect(line).toMatch(/; HttpOnly/);
    expect(line).toMatch(/; SameSite=Lax/);
    expect(line).toMatch(/; Path=\/(;|$)/);
    expect(line).not.toMatch(/Domain/i);
  }
  expect((await viewerOfCookies(Object.fromEntries(browser.cookies))).kind).toBe("user");
});

it("cookies of other names are not taken, and are removed at the next contact", async () => {
  const who = await person("earlier");
  const { [sessionName]: token = "" } = await sessionCookie(who);
  const old = await encode({ token: { userId: who.userId, sessionEpoch: 0 }, secret: env().NEXTAUTH_SECRET });
  for (const name of retired) {
    expect(await viewerOfCookies({ [name]: token })).toEqual({ kind: "anonymous" });
    expect(await viewerOfCookies({ [name]: old })).toEqual({ kind: "anonymous" });
  }
  const browser = new TestBrowser(handleAuth);
  for (const name of [...retired, "theme"]) browser.cookies.set(name, token);
  const response = await browser.request("/api/auth/csrf");
  expect([...browser.cookies.keys()].toSorted()).toEqual([
    "__Host-next-auth.callback-url",
    "__Host-next-auth.csrf-token",
    "theme",
  ]);
  for (const line of response.headers.getSetCookie()) expect(line).toMatch(/; Secure/);
});

it("an attempt that fails leaves the session of the browser as it is", async () => {
  const who = await person("trying", password);
  const browser = new TestBrowser(handleAuth);
  for (const [name, value] of Object.entries(await sessionCookie(who))) browser.cookies.set(name, value);
  expect((await browser.signIn("trying-3@example.org", "wrong words here")).error).toBe("CredentialsSignin");
  await browser.post("/api/auth/signout", { csrfToken: "0".repeat(64) });
  expect(await viewerOfCookies(Object.fromEntries(browser.cookies))).toMatchObject({ userId: who.userId });
});
