import { beforeAll, describe, expect, it } from "vitest";
import { signUp } from "@/lib/auth/commands";
import { clientAddressHeader, signInPolicy } from "@/lib/auth/policy";
import { handleAuth } from "@/lib/auth/route";
import { signInMessage, signUpInput } from "@/lib/auth/schema";
import { viewerOf, viewerOfCookies } from "@/lib/auth/session";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { TestBrowser } from "../../support/browser";
import { disable, person } from "../../support/people";
import { testDatabase } from "../../support/services";

await testDatabase();

const password = "three small words";
const anonymous = mintAnonymousViewer();
const sessionName = "next-auth.session-token";
const emailOf = async (id: string) => (await db().user.findUniqueOrThrow({ where: { id } })).email;

async function newcomer(name: string): Promise<{ userId: string; email: string }> {
  const { userId } = await person(name, password);
  return { userId, email: await emailOf(userId) };
}

describe("signing in", () => {
  let ada: { userId: string; email: string };
  beforeAll(async () => {
    ada = await newcomer("ada");
  });

  it("gives a session that is the person's, however the address was typed", async () => {
    const browser = new TestBrowser(handleAuth);
    const { status, error } = await browser.signIn(`  ${ada.email.toUpperCase()} `, password);
    expect({ status, error }).toEqual({ status: 200, error: null });
    const viewer = await viewerOfCookies(Object.fromEntries(browser.cookies));
    expect(viewer).toEqual({ kind: "user", userId: ada.userId, name: "ada" });
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

  it("ends with signing out", async () => {
    const browser = new TestBrowser(handleAuth);
    await browser.signIn(ada.email, password);
    expect(browser.cookies.has(sessionName)).toBe(true);
    await browser.post("/api/auth/signout", { csrfToken: await browser.csrfToken(), json: "true" });
    expect(browser.cookies.has(sessionName)).toBe(false);
    expect(await (await browser.request("/api/auth/session")).json()).toEqual({});
  });

  it("never redirects to another site", async () => {
    const browser = new TestBrowser(handleAuth);
    const csrfToken = await browser.csrfToken();
    const fields = { email: ada.email, password, csrfToken, callbackUrl: "https://evil.example/", json: "true" };
    const response = await browser.post("/api/auth/callback/credentials", fields);
    expect(new URL(((await response.json()) as { url: string }).url).origin).toBe("http://localhost:3000");
  });

  it("reads no more of a body than a sign-in has", async () => {
    const browser = new TestBrowser(handleAuth);
    const response = await browser.post("/api/auth/callback/credentials", { email: "x".repeat(70_000) });
    expect(response.status).toBe(413);
  });

  it("takes no reports for the log", async () => {
    const response = await new TestBrowser(handleAuth).post("/api/auth/_log", { level: "error", code: "planted" });
    expect(response.status).toBe(204);
  });
});

describe("a session", () => {
  async function signedIn(name: string) {
    const who = await newcomer(name);
    const browser = new TestBrowser(handleAuth);
    await browser.signIn(who.email, password);
    const viewer = () => viewerOfCookies(Object.fromEntries(browser.cookies));
    expect((await viewer()).kind).toBe("user");
    return { ...who, browser, viewer };
  }

  it("is nobody's once its user is disabled, and somebody's again when enabled", async () => {
    const { userId, viewer, browser } = await signedIn("disabled");
    await disable({ userId });
    expect(await viewer()).toEqual({ kind: "anonymous" });
    expect(await (await browser.request("/api/auth/session")).json()).toEqual({});
    await db().user.update({ where: { id: userId }, data: { disabledAt: null } });
    expect((await viewer()).kind).toBe("user");
  });

  it("is nobody's once the epoch was raised, for good", async () => {
    const { userId, email, viewer } = await signedIn("raised");
    await db().user.update({ where: { id: userId }, data: { sessionEpoch: { increment: 1 } } });
    expect(await viewer()).toEqual({ kind: "anonymous" });
    const again = new TestBrowser(handleAuth);
    await again.signIn(email, password);
    expect((await viewerOfCookies(Object.fromEntries(again.cookies))).kind).toBe("user");
    expect(await viewer()).toEqual({ kind: "anonymous" });
  });

  it("is nobody's once its user is deleted", async () => {
    const { userId, viewer } = await signedIn("deleted");
    await db().user.delete({ where: { id: userId } });
    expect(await viewer()).toEqual({ kind: "anonymous" });
  });

  it("cannot be altered", async () => {
    const { browser } = await signedIn("altered");
    const token = browser.cookies.get(sessionName) ?? "";
    const at = token.length - 30;
    const altered = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    expect(await viewerOfCookies({ [sessionName]: altered })).toEqual({ kind: "anonymous" });
  });

  it("is what an API call is made with; a token is refused, not ignored", async () => {
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

describe("too many failures", () => {
  const attempts = (email: string, count: number, attempt = "wrong words here") =>
    Promise.all(Array.from({ length: count }, () => new TestBrowser(handleAuth).signIn(email, attempt)));
  const codes = async (results: ReturnType<typeof attempts>) => (await results).map(({ error }) => error).toSorted();

  it("stop further attempts, the right password included, even when they come at once", async () => {
    const { email, userId } = await newcomer("attacked");
    const errors = await codes(attempts(email, signInPolicy.maxFailures + 5));
    expect(errors).toEqual([...Array(10).fill("CredentialsSignin"), ...Array(5).fill("RATE_LIMITED")]);
    const { status, error, response } = await new TestBrowser(handleAuth).signIn(email, password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
    const retryAfter = Number(response.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(signInPolicy.windowSeconds - 60);
    expect(retryAfter).toBeLessThanOrEqual(signInPolicy.windowSeconds);
    expect(signInMessage("RATE_LIMITED")).toMatch(/Wait 15 minutes/);
    // Refused attempts leave no line: nobody can keep the account closed by hammering on.
    expect(await db().event.count({ where: { subjectId: userId, action: "user.signInFailed" } })).toBe(10);
  });

  it("are forgotten after the window", async () => {
    const { email, userId } = await newcomer("waiting");
    await attempts(email, signInPolicy.maxFailures);
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBe("RATE_LIMITED");
    const earlier = new Date(Date.now() - (signInPolicy.windowSeconds + 1) * 1_000);
    await db().event.updateMany({ where: { subjectId: userId }, data: { at: earlier } });
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
  });

  it("count from the last success", async () => {
    const { email } = await newcomer("forgetful");
    await attempts(email, signInPolicy.maxFailures - 1);
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
    expect(await codes(attempts(email, 2))).toEqual(["CredentialsSignin", "CredentialsSignin"]);
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
  });

  it("are counted for addresses nobody has as well, without writing them down", async () => {
    const typed = "my-secret-password@example.org";
    const errors = await codes(attempts(typed, signInPolicy.maxFailures + 1));
    expect(errors.filter((error) => error === "RATE_LIMITED")).toHaveLength(1);
    const lines = await db().event.findMany({ where: { subjectType: "email" } });
    expect(lines.length).toBeGreaterThanOrEqual(signInPolicy.maxFailures);
    expect(JSON.stringify(lines, (_, value) => (typeof value === "bigint" ? Number(value) : value))).not.toContain(
      "secret",
    );
  });

  it("of one account do not stop another", async () => {
    const [one, other] = [await newcomer("one"), await newcomer("other")];
    await attempts(one.email, signInPolicy.maxFailures + 1);
    expect((await new TestBrowser(handleAuth).signIn(other.email, password)).error).toBeNull();
  });
});

describe("the address an attempt comes from", () => {
  const from = (address: string) => new TestBrowser(handleAuth, { [clientAddressHeader]: address });
  const fail = (email: string, address: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => from(address).signIn(email, "wrong words here")));
  const pastFailures = (lines: { subjectId: string; ipAddress: string }[]) =>
    db().event.createMany({
      data: lines.map((line) => ({
        ...line,
        subjectType: "user",
        actorName: "anonymous",
        action: "user.signInFailed",
      })),
    });

  it("is in the log and with the viewer, and is one or nothing", async () => {
    const { email, userId } = await newcomer("located");
    await fail(email, "203.0.113.7", 1);
    const browser = from("2001:db8::7");
    await browser.signIn(email, password);
    const lines = await db().event.findMany({ where: { subjectId: userId }, orderBy: { id: "asc" } });
    expect(lines.map(({ action, ipAddress }) => [action, ipAddress])).toEqual([
      ["user.created", null],
      ["user.signInFailed", "203.0.113.7"],
      ["user.signedIn", "2001:db8::7"],
    ]);
    const cookie = `${sessionName}=${browser.cookies.get(sessionName)}`;
    const call = (address: string) =>
      viewerOf(new Request("http://localhost:3000/api", { headers: { cookie, [clientAddressHeader]: address } }));
    expect(await call("203.0.113.8")).toMatchObject({ kind: "user", ipAddress: "203.0.113.8" });
    expect(await call("' OR 1=1")).not.toHaveProperty("ipAddress");
    await signUp(mintAnonymousViewer({ ipAddress: "203.0.113.9" }), signUpInput.parse({ email: "at@a.org", password }));
    const up = await db().event.findFirstOrThrow({ where: { action: "user.signedUp", ipAddress: "203.0.113.9" } });
    expect(up.actorId).not.toBeNull();
  });

  it("bears its failures alone: nobody is kept out of their account by a stranger", async () => {
    const { email } = await newcomer("besieged");
    await fail(email, "198.51.100.1", signInPolicy.maxFailures);
    expect((await from("198.51.100.1").signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from("198.51.100.2").signIn(email, password)).error).toBeNull();
    // The owner's success is not the stranger's.
    expect((await from("198.51.100.1").signIn(email, password)).error).toBe("RATE_LIMITED");
  });

  it("does not multiply the guesses for one account", async () => {
    const { email, userId: subjectId } = await newcomer("botnet");
    const ofMany = Array.from({ length: signInPolicy.maxPerAccount - 1 }, (_, i) => `192.0.2.${i}`);
    await pastFailures(ofMany.map((ipAddress) => ({ subjectId, ipAddress })));
    expect((await from("192.0.2.200").signIn(email, "wrong words here")).error).toBe("CredentialsSignin");
    const { status, error } = await from("192.0.2.201").signIn(email, password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
  });

  it("has so many failures over all accounts, an account of its own or not", async () => {
    const { email } = await newcomer("guesser");
    const ipAddress = "192.0.2.250";
    const subjects = Array.from({ length: signInPolicy.maxPerAddress - 1 }, (_, i) => `somebody-${i}`);
    await pastFailures(subjects.map((subjectId) => ({ subjectId, ipAddress })));
    expect((await from(ipAddress).signIn(email, password)).error).toBeNull();
    expect((await from(ipAddress).signIn("nobody@example.org", password)).error).toBe("CredentialsSignin");
    expect((await from(ipAddress).signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from("192.0.2.251").signIn(email, password)).error).toBeNull();
  });
});

describe("a disabled account", () => {
  it("is told so with the right password only", async () => {
    const { userId, email } = await newcomer("barred");
    await disable({ userId });
    const browser = new TestBrowser(handleAuth);
    expect((await browser.signIn(email, "wrong words here")).error).toBe("CredentialsSignin");
    const { error } = await browser.signIn(email, password);
    expect(signInMessage(error ?? "")).toMatch(/disabled/);
    expect(browser.cookies.has(sessionName)).toBe(false);
  });
});

describe("signing up", () => {
  it("makes an account that can sign in, once per address", async () => {
    const form = signUpInput.parse({ email: "  Grace@Example.ORG ", name: "", password });
    await signUp(anonymous, form);
    const user = await db().user.findUniqueOrThrow({ where: { email: "grace@example.org" } });
    expect(user).toMatchObject({ name: null, isAdmin: false, emailVerified: null });
    expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await new TestBrowser(handleAuth).signIn("grace@example.org", password)).error).toBeNull();
    await expect(signUp(anonymous, form)).rejects.toMatchObject({ code: "CONFLICT", issues: [{ path: "email" }] });
  });

  it("lets one of two at once win", async () => {
    const form = signUpInput.parse({ email: "twice@example.org", password });
    const results = await Promise.allSettled([signUp(anonymous, form), signUp(anonymous, form)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { id } = await db().user.findUniqueOrThrow({ where: { email: "twice@example.org" } });
    expect(await db().event.count({ where: { subjectId: id, action: "user.signedUp" } })).toBe(1);
  });

  it("takes the same password in another Unicode form", async () => {
    await signUp(anonymous, signUpInput.parse({ email: "unicode@example.org", password: "cafe\u0301 au lait" }));
    expect((await new TestBrowser(handleAuth).signIn("unicode@example.org", "caf\u00e9 au lait")).error).toBeNull();
  });
});
