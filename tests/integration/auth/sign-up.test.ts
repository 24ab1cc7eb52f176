import * as argon2 from "@node-rs/argon2";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { createUser, signUp } from "@/lib/auth/commands";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { demoEmail } from "@/lib/auth/policy";
import { createUserInput, signUpInput } from "@/lib/auth/schema";
import { mintAnonymousViewer, mintSystemViewer } from "@/lib/auth/viewer";
import { spend } from "@/lib/budget/commands";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { type Env, env } from "@/lib/env";
import { emailSubject } from "@/lib/event/commands";
import { deleteExpiredInvitations, invite, requestInvitation } from "@/lib/invitation/commands";
import { invitationPolicy } from "@/lib/invitation/policy";
import { hashToken, invitationsToMail, signUpState } from "@/lib/invitation/queries";
import { handleMail, type JobContext } from "@/lib/jobs/handlers";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { TestBrowser } from "../../support/browser";
import { person, system } from "../../support/fixtures/people";
import { MailServer } from "../../support/services/mail-server";
import { testDatabase } from "../../support/services/services";

vi.mock("@node-rs/argon2", { spy: true });
await testDatabase();
const mail = await MailServer.start();
afterAll(async () => {
  vi.doUnmock("@node-rs/argon2");
  await stopQueue();
  await mail.stop();
});

const password = "three small words";
let networks = 0;
/** Of a network that no other test uses. */
const visitor = () => mintAnonymousViewer({ ipAddress: `192.0.2.${++networks}` });
const form = (email: string | undefined, invitation?: string) => signUpInput.parse({ email, password, invitation });
const userOf = (email: string) => db().user.findUnique({ where: { email } });
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: { code: string }) => error.code,
  );

const { ATOLL_SIGN_UP, ATOLL_DEFAULT_QUOTA } = env();
/** Runs the site with other settings for the rest of the test. */
const site = (settings: Partial<Env>) => Object.assign(env(), settings);
const mailing = () => site({ ATOLL_MAIL_URL: mail.url, ATOLL_MAIL_FROM: "Atoll <atoll@example.org>" });
afterEach(() => {
  const { ATOLL_MAIL_URL: _url, ATOLL_MAIL_FROM: _from, ...rest } = env();
  for (const name of Object.keys(env())) delete (env() as Record<string, unknown>)[name];
  site({ ...rest, ATOLL_SIGN_UP, ATOLL_DEFAULT_QUOTA });
  mail.received.length = 0;
  mail.refusesWith = null;
});

const log = pino({ level: "silent" });
const worker = { viewer: mintSystemViewer("worker"), log } as unknown as JobContext;
/** Does the jobs that are queued for mails. Returns the token in the last one. */
async function deliver(): Promise<string | null> {
  for (const id of await invitationsToMail(system, 100)) await handleMail(worker, id);
  return /\/sign-up\?invitation=([\w-]{43})\n/.exec(mail.received.at(-1)?.body ?? "")?.[1] ?? null;
}

// First: the database is empty.
describe("the first account of an empty site", () => {
  it("is its admin's, one of two at once, and neither the demo's nor a later one is", async () => {
    await createUser(system, { ...createUserInput.parse({ email: demoEmail }), isAdmin: false });
    await Promise.all([signUp(visitor(), form("one@example.org")), signUp(visitor(), form("two@example.org"))]);
    await signUp(visitor(), form("later@example.org"));
    await createUser(system, createUserInput.parse({ email: "made@example.org" }));
    const users = await db().user.findMany({ select: { email: true, isAdmin: true } });
    expect(users).toHaveLength(5);
    const admins = users.filter(({ isAdmin }) => isAdmin);
    expect(admins).toHaveLength(1);
    expect(["one@example.org", "two@example.org"]).toContain(admins[0]?.email);
  });
});

describe("an open site without mail", () => {
  it("creates an account that can sign in, with the site's default quota", async () => {
    site({ ATOLL_DEFAULT_QUOTA: 5_000_000_000n });
    await signUp(visitor(), signUpInput.parse({ email: "  Grace@Example.ORG ", name: "", password }));
    const user = await userOf("grace@example.org");
    expect(user).toMatchObject({ name: null, isAdmin: false, emailVerified: null, quotaBytes: 5_000_000_000n });
    expect(user?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await new TestBrowser(handleAuth).signIn("grace@example.org", password)).error).toBeNull();
  });

  it("answers for a taken address as for a new one, with the same work, and leaves its account as it is", async () => {
    await signUp(visitor(), form("taken@example.org"));
    const before = await userOf("taken@example.org");
    const hash = vi.mocked(argon2.hash);
    const seen: unknown[] = [];
    for (const email of ["taken@example.org", "free@example.org"]) {
      hash.mockClear();
      const lines = await db().event.count();
      const answer = await signUp(visitor(), signUpInput.parse({ email, password: "entirely other words" }));
      seen.push([answer, hash.mock.calls.length, (await db().event.count()) - lines]);
    }
    expect(seen).toEqual([
      [undefined, 1, 1],
      [undefined, 1, 1],
    ]);
    expect(await userOf("taken@example.org")).toEqual(before);
    expect((await new TestBrowser(handleAuth).signIn("taken@example.org", password)).error).toBeNull();
    const [line] = await db().event.findMany({ where: { action: "user.signUpRepeated" } });
    expect(line).toMatchObject({ ...emailSubject("taken@example.org"), actorId: null });
  });

  it("creates one account for two concurrent requests, and tells neither", async () => {
    const twice = form("twice@example.org");
    expect(await Promise.all([signUp(visitor(), twice), signUp(visitor(), twice)])).toEqual([undefined, undefined]);
    const user = await userOf("twice@example.org");
    expect(await db().event.count({ where: { subjectId: user?.id ?? "", action: "user.signedUp" } })).toBe(1);
  });

  it("lets one network create so many accounts, and no more", async () => {
    const one = visitor();
    const { count } = budgets.signUpsFromNetwork;
    await spend(one, [{ budget: "signUpsFromNetwork", of: one.ipAddress ?? "", cost: count }]);
    expect(await outcome(signUp(one, form("more@example.org")))).toBe("RATE_LIMITED");
    expect(await userOf("more@example.org")).toBeNull();
    expect(await outcome(signUp(visitor(), form("more@example.org")))).toBe("done");
  });

  it("refuses a password made of the address or the name", async () => {
    for (const password of ["Ada.Lovelace1815", "augusta_king!"]) {
      const made = signUpInput.parse({ email: "ada.lovelace@example.org", name: "Augusta King", password });
      await expect(signUp(visitor(), made)).rejects.toMatchObject({ code: "INVALID", issues: [{ path: "password" }] });
    }
    expect(await userOf("ada.lovelace@example.org")).toBeNull();
  });
});

describe("a site by invitation", () => {
  it("lets in one person for each invitation, once, however many try at once", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    expect(await outcome(signUp(visitor(), form("uninvited@example.org")))).toBe("NOT_FOUND");
    expect(await outcome(signUp(visitor(), form("uninvited@example.org", "x".repeat(43))))).toBe("NOT_FOUND");
    const { token } = await invite(system, {});
    const tries = Array.from({ length: 5 }, (_, index) =>
      outcome(signUp(visitor(), form(`any-${index}@example.org`, token))),
    );
    expect((await Promise.all(tries)).toSorted()).toEqual(["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "done"]);
    expect(await db().user.count({ where: { email: { startsWith: "any-" } } })).toBe(1);
  });

  it("keeps the token as a hash only, and uses it up for a taken address, too", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    await person("present");
    const present = await db().user.findFirstOrThrow({ where: { name: "present" } });
    const { token } = await invite(system, {});
    const row = await db().signUpInvitation.findFirstOrThrow({ where: { tokenHash: hashToken(token) } });
    expect(JSON.stringify(row)).not.toContain(token);
    expect(await outcome(signUp(visitor(), form(present.email, token)))).toBe("done");
    expect(await outcome(signUp(visitor(), form("second@example.org", token)))).toBe("NOT_FOUND");
  });

  it("fixes the address where the operator named one", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    const { token } = await invite(system, { email: "guest@example.org" });
    expect(await signUpState(visitor(), token)).toMatchObject({ kind: "account", email: "guest@example.org" });
    await signUp(visitor(), form("other@example.org", token));
    expect(await userOf("other@example.org")).toBeNull();
    expect(await userOf("guest@example.org")).not.toBeNull();
    expect(await outcome(invite(system, { email: "guest@example.org" }))).toBe("CONFLICT");
    expect(await outcome(invite(visitor(), {}))).toBe("NOT_FOUND");
  });

  it("says what is needed, and the same of an expired, a used and an unknown invitation", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    const { token } = await invite(system, { lifeSeconds: 60 });
    expect(await signUpState(visitor(), undefined)).toMatchObject({ kind: "notInvited", isInvalid: false });
    expect(await signUpState(visitor(), token)).toEqual({ kind: "account", email: null, isInvalid: false });
    // The clock is the database's.
    await db().$executeRaw`UPDATE sign_up_invitation SET expires_at = now() WHERE token_hash = ${hashToken(token)}`;
    for (const bad of [token, "", "x".repeat(43), "\u0000", "%"]) {
      expect(await signUpState(visitor(), bad), bad).toMatchObject({ kind: "notInvited", isInvalid: true });
      expect(await outcome(signUp(visitor(), form("late@example.org", bad)))).toBe("NOT_FOUND");
    }
    expect(await deleteExpiredInvitations(system)).toBe(1);
  });

  it("that is closed lets nobody in, an invitation included", async () => {
    const { token } = await invite(system, {});
    site({ ATOLL_SIGN_UP: "closed" });
    expect(await signUpState(visitor(), token)).toMatchObject({ kind: "closed" });
    expect(await outcome(signUp(visitor(), form("closed@example.org", token)))).toBe("NOT_FOUND");
    expect(await outcome(requestInvitation(visitor(), { email: "closed@example.org", token }))).toBe("NOT_FOUND");
    expect(await outcome(invite(system, {}))).toBe("INVALID");
  });
});

describe("where mail is configured, an address", () => {
  it("is proven by a link that works once and is not used up by being opened", async () => {
    mailing();
    expect(await signUpState(visitor(), undefined)).toEqual({ kind: "address", email: null, isInvalid: false });
    expect(await outcome(signUp(visitor(), form("new@example.org")))).toBe("INVALID");
    await requestInvitation(visitor(), { email: "new@example.org" });
    expect(await db().$queryRaw`SELECT count(*)::int FROM pgboss.job WHERE name = 'mail'`).toEqual([{ count: 1 }]);
    const token = (await deliver()) ?? "";
    expect(mail.received).toMatchObject([{ from: "atoll@example.org", to: "new@example.org" }]);
    // A scanner opens it before the person does.
    for (let opened = 0; opened < 3; opened += 1)
      expect(await signUpState(visitor(), token)).toEqual({
        kind: "account",
        email: "new@example.org",
        isInvalid: false,
      });
    expect(await outcome(signUp(visitor(), form(undefined, token)))).toBe("done");
    expect((await userOf("new@example.org"))?.emailVerified).not.toBeNull();
    expect(await outcome(signUp(visitor(), form(undefined, token)))).toBe("NOT_FOUND");
  });

  it("gets the same answer, row and job whether it has an account or not; its owner learns that somebody tried", async () => {
    mailing();
    await person("owner");
    const { email: taken } = await db().user.findFirstOrThrow({ where: { name: "owner" } });
    const seen: unknown[] = [];
    for (const email of [taken, "nobody@example.org"]) {
      const lines = await db().event.count();
      const answer = await requestInvitation(visitor(), { email });
      const {
        id: _,
        email: address,
        createdAt,
        expiresAt,
        ...row
      } = await db().signUpInvitation.findFirstOrThrow({
        where: { email },
      });
      expect(address).toBe(email);
      seen.push([answer, row, expiresAt.getTime() - createdAt.getTime(), (await db().event.count()) - lines]);
    }
    expect(seen[0]).toEqual(seen[1]);
    await deliver();
    const [told, invited] = mail.received;
    expect(told).toMatchObject({ to: taken, subject: "You have an account at localhost:3000" });
    expect(told?.body).not.toContain("invitation=");
    expect(invited?.body).toContain("invitation=");
    // No token is left that could not be used.
    expect(await db().signUpInvitation.count({ where: { email: taken } })).toBe(0);
  });

  it("that has got an account since is told so to those who proved it", async () => {
    mailing();
    await requestInvitation(visitor(), { email: "since@example.org" });
    const token = (await deliver()) ?? "";
    await createUser(system, createUserInput.parse({ email: "since@example.org" }));
    expect(await outcome(signUp(visitor(), form(undefined, token)))).toBe("CONFLICT");
  });

  it("is proven on a site by invitation, too: using the mailed link uses the operator's", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    mailing();
    expect(await outcome(requestInvitation(visitor(), { email: "guest-2@example.org" }))).toBe("NOT_FOUND");
    const { token: given } = await invite(system, {});
    const links: string[] = [];
    for (const email of ["guest-2@example.org", "guest-3@example.org"]) {
      await requestInvitation(visitor(), { email, token: given });
      links.push((await deliver()) ?? "");
    }
    expect(await signUpState(visitor(), given)).toEqual({ kind: "address", email: null, isInvalid: false });
    const tries = links.map((link) => outcome(signUp(visitor(), form(undefined, link))));
    expect((await Promise.all(tries)).toSorted()).toEqual(["NOT_FOUND", "done"]);
    expect(await signUpState(visitor(), given)).toMatchObject({ kind: "notInvited", isInvalid: true });
    expect(await db().signUpInvitation.count({ where: { isMailed: true, email: { startsWith: "guest-" } } })).toBe(0);
  });

  it("is proven for one account of an invitation, also by a link that was requested with a mailed link", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    mailing();
    const { token: given } = await invite(system, {});
    const links = [given];
    for (let generation = 1; generation <= 3; generation += 1) {
      await requestInvitation(visitor(), { email: "grandchild@example.org", token: links.at(-1) ?? "" });
      links.push((await deliver()) ?? "");
    }
    expect(new Set(links).size).toBe(4);
    expect(await outcome(signUp(visitor(), form(undefined, links.at(-1))))).toBe("done");
    for (const link of links) expect(await signUpState(visitor(), link)).toMatchObject({ kind: "notInvited" });
    expect(await outcome(requestInvitation(visitor(), { email: "next@example.org", token: given }))).toBe("NOT_FOUND");
    expect(await db().signUpInvitation.count({ where: { email: "grandchild@example.org" } })).toBe(0);
  });

  it("can be proven until the time that its mail names, which is not after the end of the operator's invitation", async () => {
    site({ ATOLL_SIGN_UP: "invite" });
    mailing();
    const { token: short, expiresAt: soon } = await invite(system, { lifeSeconds: 3_600 });
    const { token: long } = await invite(system, { lifeSeconds: 3 * 86_400 });
    for (const [email, token] of [
      ["in-an-hour@example.org", short],
      ["in-three-days@example.org", long],
    ] as const) {
      await requestInvitation(visitor(), { email, token });
      const link = (await deliver()) ?? "";
      const row = await db().signUpInvitation.findFirstOrThrow({ where: { tokenHash: hashToken(link) } });
      const named = /before (\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/.exec(mail.received.at(-1)?.body ?? "");
      expect(`${named?.[1]}T${named?.[2]}`).toBe(row.expiresAt.toISOString().slice(0, 16));
      if (token === short) expect(row.expiresAt).toEqual(soon);
      else expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBe(invitationPolicy.mailedLifeSeconds * 1_000);
    }
  });

  it("cannot be flooded with mails", async () => {
    mailing();
    const { count } = budgets.mailsToAddress;
    for (let sent = 0; sent < count; sent += 1) await requestInvitation(visitor(), { email: "flooded@example.org" });
    expect(await outcome(requestInvitation(visitor(), { email: "flooded@example.org" }))).toBe("RATE_LIMITED");
    expect(await outcome(requestInvitation(visitor(), { email: "spared@example.org" }))).toBe("done");
  });

  it("gets its mail when the server takes it again, and none when it never will", async () => {
    mailing();
    await db().signUpInvitation.deleteMany();
    await requestInvitation(visitor(), { email: "slow@example.org" });
    const [id = ""] = await invitationsToMail(system, 100);
    mail.refusesWith = 451;
    await expect(handleMail(worker, id)).rejects.toThrow();
    expect(await invitationsToMail(system, 100)).toEqual([id]);
    mail.refusesWith = null;
    expect(await deliver()).not.toBeNull();
    expect(await invitationsToMail(system, 100)).toEqual([]);

    await requestInvitation(visitor(), { email: "gone@example.org" });
    mail.refusesWith = 550;
    await deliver();
    expect(await db().signUpInvitation.count({ where: { email: "gone@example.org" } })).toBe(0);
  });
});
