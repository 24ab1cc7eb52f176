import { describe, expect, it } from "vitest";
import { signUp } from "@/lib/auth/commands";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { clientAddressHeader } from "@/lib/auth/policy";
import { signUpInput } from "@/lib/auth/schema";
import { viewerOf } from "@/lib/auth/session";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { spend } from "@/lib/budget/commands";
import { type BudgetName, budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { TestBrowser } from "../../support/browser";
import { testDatabase } from "../../support/services/services";
import { newUser, password, sessionName } from "./new-user";

await testDatabase();

const wrong = "wrong words here";
const { count: perNetwork, windowSeconds } = budgets.signInsAtAccountFromNetwork;
let networks = 0;
/** A network that no other test uses. */
const network = () => `192.0.2.${++networks}`;
const from = (address?: string) =>
  new TestBrowser(handleAuth, address === undefined ? {} : { [clientAddressHeader]: address });
const fail = async (email: string, count: number, browser: () => TestBrowser) => {
  const results = await Promise.all(Array.from({ length: count }, () => browser().signIn(email, wrong)));
  return results.map(({ error }) => error).toSorted();
};
/** As if so many attempts had failed: hashing passwords takes its time. */
const spent = (budget: BudgetName, of: string, cost: number) => spend(mintAnonymousViewer(), [{ budget, of, cost }]);

const lockOut = (userId: string, address: string) =>
  spent("signInsAtAccountFromNetwork", `${userId} ${address}`, perNetwork);

describe("too many failures", () => {
  it("block further attempts, also concurrent ones and with the right password", async () => {
    const { email, userId } = await newUser("attacked");
    const here = network();
    const errors = await fail(email, perNetwork + 5, () => from(here));
    expect(errors).toEqual([...Array(perNetwork).fill("CredentialsSignin"), ...Array(5).fill("RATE_LIMITED")]);
    const { status, error, response } = await from(here).signIn(email, password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
    const retryAfter = Number(response.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(windowSeconds / perNetwork);
    // Rejected attempts are neither counted nor recorded, so that continued attempts do not extend the wait.
    expect(await db().event.count({ where: { subjectId: userId, action: "user.signInFailed" } })).toBe(perNetwork);
  });

  it("expire", async () => {
    const { email, userId } = await newUser("waiting");
    const here = network();
    await lockOut(userId, here);
    expect((await from(here).signIn(email, password)).error).toBe("RATE_LIMITED");
    const key = `signInsAtAccountFromNetwork ${userId} ${here}`;
    const { spentUntil } = await db().budget.findUniqueOrThrow({ where: { key } });
    const earlier = new Date(spentUntil.getTime() - windowSeconds * 1_000);
    await db().budget.update({ where: { key }, data: { spentUntil: earlier } });
    expect((await from(here).signIn(email, password)).error).toBeNull();
  });

  it("count from the last success", async () => {
    const { email } = await newUser("forgetful");
    const here = network();
    await fail(email, perNetwork - 1, () => from(here));
    expect((await from(here).signIn(email, password)).error).toBeNull();
    expect(await fail(email, 2, () => from(here))).toEqual(["CredentialsSignin", "CredentialsSignin"]);
    expect((await from(here).signIn(email, password)).error).toBeNull();
  });

  it("are counted for unknown addresses too, without storing them", async () => {
    const typed = "my-secret-password@example.org";
    const here = network();
    const errors = await fail(typed, perNetwork + 1, () => from(here));
    expect(errors.filter((error) => error === "RATE_LIMITED")).toHaveLength(1);
    const lines = await db().event.findMany({ where: { subjectType: "email" } });
    expect(lines.length).toBeGreaterThanOrEqual(perNetwork);
    const stored = JSON.stringify([lines, await db().budget.findMany()], (_, value) =>
      typeof value === "bigint" ? Number(value) : value,
    );
    expect(stored).not.toContain("secret");
  });

  it("of one account do not block another", async () => {
    const [one, other] = [await newUser("one"), await newUser("other")];
    const here = network();
    await lockOut(one.userId, here);
    expect((await from(here).signIn(one.email, password)).error).toBe("RATE_LIMITED");
    expect((await from(here).signIn(other.email, password)).error).toBeNull();
  });
});

describe("the network an attempt comes from", () => {
  it("is recorded in the log and the viewer, and ignored when malformed", async () => {
    const { email, userId } = await newUser("located");
    await fail(email, 1, () => from("203.0.113.7"));
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
    const { email, userId } = await newUser("besieged");
    const [here, there] = [network(), network()];
    await lockOut(userId, here);
    expect((await from(here).signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from(there).signIn(email, password)).error).toBeNull();
    // The owner's success does not reset the stranger's count.
    expect((await from(here).signIn(email, password)).error).toBe("RATE_LIMITED");
  });

  it("is all of an IPv6 customer's /64: another address of it is no other attacker", async () => {
    const { email, userId } = await newUser("sixfold");
    await spent("signInsAtAccountFromNetwork", `${userId} 2001:db8:64:1::/64`, perNetwork - 2);
    let host = 0;
    const errors = await fail(email, 3, () => from(`2001:db8:64:1::${(++host).toString(16)}`));
    expect(errors.filter((error) => error === "RATE_LIMITED")).toHaveLength(1);
    expect((await from("2001:db8:64:1:ffff::1").signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from("2001:db8:64:2::1").signIn(email, password)).error).toBeNull();
  });

  it("is one for all whose address is not known: hiding it makes nothing uncounted", async () => {
    const { email, userId } = await newUser("hidden");
    await spent("signInsAtAccountFromNetwork", `${userId} unknown`, perNetwork - 2);
    const errors = await fail(email, 3, () => from());
    expect(errors.filter((error) => error === "RATE_LIMITED")).toHaveLength(1);
    // As if all was spent: a refused call of several budgets may have spent of this one.
    const key = "signInsFromNetwork unknown";
    const spentUntil = new Date(Date.now() + budgets.signInsFromNetwork.windowSeconds * 1_000);
    await db().budget.update({ where: { key }, data: { spentUntil } });
    expect((await from().signIn("nobody@example.org", password)).error).toBe("RATE_LIMITED");
  });

  it("does not raise the limit of one account: many networks share it", async () => {
    const { email, userId } = await newUser("botnet");
    await spent("signInsAtAccount", userId, budgets.signInsAtAccount.count - 1);
    expect((await from(network()).signIn(email, wrong)).error).toBe("CredentialsSignin");
    const { status, error } = await from(network()).signIn(email, password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
  });

  it("has a limit over all accounts, which its own sign-ins do not reset", async () => {
    const { email } = await newUser("guesser");
    const [here, there] = [network(), network()];
    await spent("signInsFromNetwork", here, budgets.signInsFromNetwork.count - 1);
    expect((await from(here).signIn(email, password)).error).toBeNull();
    expect((await from(here).signIn("nobody@example.org", password)).error).toBe("CredentialsSignin");
    expect((await from(here).signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await from(there).signIn(email, password)).error).toBeNull();
  });

  it("has a limit over all calls that cost, told as the form and the browser expect", async () => {
    const here = network();
    await spent("callsOfVisitors", here, budgets.callsOfVisitors.count);
    const { status, error, response } = await from(here).signIn("nobody@example.org", password);
    expect({ status, error }).toEqual({ status: 429, error: "RATE_LIMITED" });
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    const back = await from(here).request("/api/auth/callback/oidc?code=x&state=y");
    expect(back.status).toBe(302);
    expect(new URL(back.headers.get("location") ?? "").search).toBe("?error=RATE_LIMITED");
    // What only reads is not counted, nor what ends a session.
    expect((await from(here).request("/api/auth/session")).status).toBe(200);
    const leaving = from(here);
    const fields = { csrfToken: await leaving.csrfToken(), callbackUrl: "/", json: "true" };
    expect((await leaving.post("/api/auth/signout", fields)).status).toBe(200);
  });

  it("has a limit over successes, too: an account of one's own does not buy hashes without end", async () => {
    const { email } = await newUser("spender");
    const here = network();
    await spent("callsOfVisitors", here, budgets.callsOfVisitors.count - 1);
    expect((await from(here).signIn(email, password)).error).toBeNull();
    expect((await from(here).signIn(email, password)).error).toBe("RATE_LIMITED");
  });
});

describe("a device that has signed in before", () => {
  const deviceName = "atoll-device";
  const known = async (email: string, address?: string) => {
    const browser = from(address);
    expect((await browser.signIn(email, password)).error).toBeNull();
    expect(browser.cookies.get(deviceName)).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
    browser.cookies.delete(sessionName);
    return browser;
  };

  it("is not locked out by failures from elsewhere, the same network and an account's limit included", async () => {
    const { email, userId } = await newUser("owner");
    const here = network();
    const browser = await known(email, here);
    await lockOut(userId, here);
    await spent("signInsFromNetwork", here, budgets.signInsFromNetwork.count);
    await spent("signInsAtAccount", userId, budgets.signInsAtAccount.count);
    // One was its first sign-in.
    await spent("callsOfVisitors", here, budgets.callsOfVisitors.count - 1);
    expect((await from(here).signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await browser.signIn(email, password)).error).toBeNull();
  });

  it("has a budget of its own, which its success makes whole", async () => {
    const { email, userId } = await newUser("typist");
    const browser = await known(email, network());
    const { count } = budgets.signInsFromDevice;
    const of = `${userId} ${(browser.cookies.get(deviceName) ?? "").split(".")[0]}`;
    await spent("signInsFromDevice", of, count - 2);
    expect(await fail(email, 1, () => browser)).toEqual(["CredentialsSignin"]);
    expect((await browser.signIn(email, password)).error).toBeNull();
    await spent("signInsFromDevice", of, count - 1);
    expect(await fail(email, 1, () => browser)).toEqual(["CredentialsSignin"]);
    expect((await browser.signIn(email, password)).error).toBe("RATE_LIMITED");
  });

  it("has a limit over successes, too, one for all devices of an account: each costs a hash", async () => {
    const { email, userId } = await newUser("hasher");
    const [one, other] = [await known(email, network()), await known(email, network())];
    await spent("passwordChecksFromDevices", userId, budgets.passwordChecksFromDevices.count - 1);
    expect((await one.signIn(email, password)).error).toBeNull();
    expect((await one.signIn(email, password)).error).toBe("RATE_LIMITED");
    expect((await other.signIn(email, password)).error).toBe("RATE_LIMITED");
    // Browsers that are no device of the account yet are counted by themselves.
    expect((await from(network()).signIn(email, password)).error).toBeNull();
  });

  it("is none any more once all sessions of the account have ended", async () => {
    const { email, userId } = await newUser("stolen");
    const here = network();
    const browser = await known(email, here);
    await lockOut(userId, here);
    expect((await browser.signIn(email, password)).error).toBeNull();
    await db().user.update({ where: { id: userId }, data: { sessionEpoch: { increment: 1 } } });
    expect((await browser.signIn(email, password)).error).toBe("RATE_LIMITED");
  });

  it("is one for its accounts only: neither a cookie of another account nor a forged one counts", async () => {
    const [victim, attacker] = [await newUser("victim"), await newUser("attacker")];
    const here = network();
    const browser = await known(attacker.email, here);
    await lockOut(victim.userId, here);
    expect((await browser.signIn(victim.email, password)).error).toBe("RATE_LIMITED");
    const theirs = (await known(victim.email, network())).cookies.get(deviceName) ?? "";
    const [id = "", signature = ""] = theirs.split(".");
    const [ownId = ""] = (browser.cookies.get(deviceName) ?? "").split(".");
    const flipped = `${signature.slice(0, -1)}${signature.endsWith("A") ? "Q" : "A"}`;
    for (const forged of [
      `${ownId}.${signature}`,
      `${id}.${flipped}`,
      id,
      `${id}.`,
      "..",
      "é".repeat(22),
      `${id}.${"é".repeat(22)}`,
    ]) {
      const liar = from(here);
      liar.cookies.set(deviceName, forged);
      expect((await liar.signIn(victim.email, password)).error, forged).toBe("RATE_LIMITED");
    }
    const honest = from(here);
    honest.cookies.set(deviceName, theirs);
    expect((await honest.signIn(victim.email, password)).error).toBeNull();
  });

  it("may have several accounts, and its cookie is out of reach of scripts", async () => {
    const [first, second] = [await newUser("first"), await newUser("second")];
    const here = network();
    const browser = await known(first.email, here);
    const { response } = await browser.signIn(second.email, password);
    const line = response.headers.getSetCookie().find((cookie) => cookie.startsWith(deviceName)) ?? "";
    expect(line).toMatch(
      /^atoll-device=[\w-]{22}\.[\w-]{22}\.[\w-]{22}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    );
    for (const { userId } of [first, second]) expect(line).not.toContain(userId);
    for (const { email, userId } of [first, second]) {
      await lockOut(userId, here);
      expect((await browser.signIn(email, password)).error).toBeNull();
    }
  });
});
