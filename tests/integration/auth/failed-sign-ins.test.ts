import { describe, expect, it } from "vitest";
import { signUp } from "@/lib/auth/commands";
import { clientAddressHeader, signInPolicy } from "@/lib/auth/policy";
import { handleAuth } from "@/lib/auth/route";
import { signInMessage, signUpInput } from "@/lib/auth/schema";
import { viewerOf } from "@/lib/auth/session";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { TestBrowser } from "../../support/browser";
import { testDatabase } from "../../support/services";
import { newUser, password, sessionName } from "./new-user";

await testDatabase();

describe("too many failures", () => {
  const attempts = (email: string, count: number, attempt = "wrong words here") =>
    Promise.all(Array.from({ length: count }, () => new TestBrowser(handleAuth).signIn(email, attempt)));
  const codes = async (results: ReturnType<typeof attempts>) => (await results).map(({ error }) => error).toSorted();

  it("block further attempts, also concurrent ones and with the right password", async () => {
    const { email, userId } = await newUser("attacked");
    const errors = await codes(attempts(email, signInPolicy.maxFailures + 5));
    expect(errors).toEqual([...Array(10).fill("CredentialsSignin"), ...Array(5).fill("RATE_LIMITED")]);
    const { status, error, response } = await new TestBrowser(handleAuth).signIn(email, password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
    const retryAfter = Number(response.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(signInPolicy.windowSeconds - 60);
    expect(retryAfter).toBeLessThanOrEqual(signInPolicy.windowSeconds);
    expect(signInMessage("RATE_LIMITED")).toMatch(/Wait 15 minutes/);
    // Rejected attempts are not recorded, so continued attempts do not extend the lock.
    expect(await db().event.count({ where: { subjectId: userId, action: "user.signInFailed" } })).toBe(10);
  });

  it("expire after the window", async () => {
    const { email, userId } = await newUser("waiting");
    await attempts(email, signInPolicy.maxFailures);
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBe("RATE_LIMITED");
    const earlier = new Date(Date.now() - (signInPolicy.windowSeconds + 1) * 1_000);
    await db().event.updateMany({ where: { subjectId: userId }, data: { at: earlier } });
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
  });

  it("count from the last success", async () => {
    const { email } = await newUser("forgetful");
    await attempts(email, signInPolicy.maxFailures - 1);
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
    expect(await codes(attempts(email, 2))).toEqual(["CredentialsSignin", "CredentialsSignin"]);
    expect((await new TestBrowser(handleAuth).signIn(email, password)).error).toBeNull();
  });

  it("are counted for unknown addresses too, without storing them", async () => {
    const typed = "my-secret-password@example.org";
    const errors = await codes(attempts(typed, signInPolicy.maxFailures + 1));
    expect(errors.filter((error) => error === "RATE_LIMITED")).toHaveLength(1);
    const lines = await db().event.findMany({ where: { subjectType: "email" } });
    expect(lines.length).toBeGreaterThanOrEqual(signInPolicy.maxFailures);
    expect(JSON.stringify(lines, (_, value) => (typeof value === "bigint" ? Number(value) : value))).not.toContain(
      "secret",
    );
  });

  it("of one account do not block another", async () => {
    const [one, other] = [await newUser("one"), await newUser("other")];
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

  it("is recorded in the log and the viewer, and ignored when malformed", async () => {
    const { email, userId } = await newUser("located");
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

  it("has its own count per account, so that a stranger does not lock out the owner", async () => {
    const { email } = await newUser("besieged");
    await fail(email, "198.51.100.1", signInPolicy.maxFailures);
    expect((await from("198.51.100.1").signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from("198.51.100.2").signIn(email, password)).error).toBeNull();
    // The owner's success does not reset the stranger's count.
    expect((await from("198.51.100.1").signIn(email, password)).error).toBe("RATE_LIMITED");
  });

  it("does not raise the limit of one account: many addresses share it", async () => {
    const { email, userId: subjectId } = await newUser("botnet");
    const ofMany = Array.from({ length: signInPolicy.maxPerAccount - 1 }, (_, i) => `192.0.2.${i}`);
    await pastFailures(ofMany.map((ipAddress) => ({ subjectId, ipAddress })));
    expect((await from("192.0.2.200").signIn(email, "wrong words here")).error).toBe("CredentialsSignin");
    const { status, error } = await from("192.0.2.201").signIn(email, password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
  });

  it("has a limit over all accounts, which its own sign-ins do not reset", async () => {
    const { email } = await newUser("guesser");
    const ipAddress = "192.0.2.250";
    const subjects = Array.from({ length: signInPolicy.maxPerAddress - 1 }, (_, i) => `somebody-${i}`);
    await pastFailures(subjects.map((subjectId) => ({ subjectId, ipAddress })));
    expect((await from(ipAddress).signIn(email, password)).error).toBeNull();
    expect((await from(ipAddress).signIn("nobody@example.org", password)).error).toBe("CredentialsSignin");
    expect((await from(ipAddress).signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from("192.0.2.251").signIn(email, password)).error).toBeNull();
  });
});
