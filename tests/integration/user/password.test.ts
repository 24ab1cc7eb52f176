import * as argon2 from "@node-rs/argon2";
import { afterAll, describe, expect, it, vi } from "vitest";
import { type Device, deviceOf } from "@/lib/auth/device";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { signedIn, viewerOfCookies } from "@/lib/auth/session";
import type { UserViewer } from "@/lib/auth/viewer";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { toAppError } from "@/lib/errors";
import { endOtherSessions } from "@/lib/session/commands";
import * as commands from "@/lib/user/commands";
import { profileOf } from "@/lib/user/queries";
import type { ChangePasswordInput } from "@/lib/user/schema";
import { TestBrowser } from "../../support/browser";
import { person, signedInViewer } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

vi.mock("@node-rs/argon2", { spy: true });
afterAll(() => vi.doUnmock("@node-rs/argon2"));
await testDatabase();

const current = "three small words";
const next = "four other small words";

const changePassword = (viewer: UserViewer, input: ChangePasswordInput) =>
  commands.changePassword(viewer, input, deviceOf({}));
const emailOf = async ({ userId }: UserViewer) => (await db().user.findUniqueOrThrow({ where: { id: userId } })).email;
const signIn = async (who: UserViewer, password: string) => {
  const browser = new TestBrowser(handleAuth);
  const { error } = await browser.signIn(await emailOf(who), password);
  return { error, viewer: () => viewerOfCookies(Object.fromEntries(browser.cookies)) };
};
const refusal = async (change: Promise<unknown>) => {
  const { code, issues } = toAppError(await change.then(() => null).catch((thrown: unknown) => thrown));
  return { code, paths: issues.map(({ path }) => path) };
};

describe("changing the password", () => {
  it("ends the other sessions, renews this one, and the old password is worth nothing", async () => {
    const who = await person("changer", current);
    const [here, there] = [await signedInViewer(who), await signIn(who, current)];
    const kept = await changePassword(here, { currentPassword: current, newPassword: next });
    expect(kept).toMatchObject({ ended: 1 });
    expect(kept.id).not.toBe(here.sessionId);
    const rows = await db().session.findMany({ where: { userId: who.userId } });
    expect(rows.map(({ id, device }) => [id, device])).toEqual([[kept.id, "Test browser"]]);
    expect((await there.viewer()).kind).toBe("anonymous");
    expect((await signIn(who, current)).error).toBe("CredentialsSignin");
    expect((await signIn(who, next)).error).toBeNull();
    const events = await db().event.findMany({ where: { subjectId: who.userId, action: "user.passwordChanged" } });
    expect(events.map(({ actorId, detail }) => [actorId, detail])).toEqual([[who.userId, { endedSessions: 1 }]]);
  });

  it("keeps the time of signing in, so that it does not lengthen a session", async () => {
    const who = await signedInViewer(await person("old", current));
    const createdAt = new Date(Date.now() - 89 * 86_400_000);
    await db().session.update({ where: { id: who.sessionId ?? "" }, data: { createdAt } });
    const { id, leftSeconds } = await changePassword(who, { currentPassword: current, newPassword: next });
    expect(leftSeconds).toBeGreaterThan(0);
    expect(leftSeconds).toBeLessThanOrEqual(86_400);
    expect((await db().session.findUniqueOrThrow({ where: { id } })).createdAt).toEqual(createdAt);
  });

  it("needs the current one, and stops guesses like sign-in does", async () => {
    const who = await signedInViewer(await person("guessed", current));
    const unused = "words that are never hashed";
    const guess = () => changePassword(who, { currentPassword: "wrong words here", newPassword: unused });
    for (let guesses = 0; guesses < budgets.signInsAtAccountFromNetwork.count; guesses += 1)
      expect(await refusal(guess())).toEqual({ code: "INVALID", paths: ["currentPassword"] });
    expect((await refusal(guess())).code).toBe("RATE_LIMITED");
    // A guess buys no hash of the new one.
    expect(vi.mocked(argon2.hash).mock.calls.map(([text]) => text)).not.toContain(unused);
    const right = changePassword(who, { currentPassword: current, newPassword: next });
    expect((await refusal(right)).code).toBe("RATE_LIMITED");
  });

  it("holds the new one to the rules of sign-up, the e-mail address and the name included", async () => {
    const who = await signedInViewer(await person("ruled", current));
    await db().user.update({ where: { id: who.userId }, data: { name: "Grace Hopper" } });
    for (const newPassword of ["password", await emailOf(who), "GraceHopper1906"]) {
      const change = changePassword(who, { currentPassword: current, newPassword });
      expect(await refusal(change)).toEqual({ code: "INVALID", paths: ["newPassword"] });
    }
    expect((await signIn(who, current)).error).toBeNull();
  });

  it("does not give an account of a provider a password", async () => {
    const who = await signedInViewer(await person("provided"));
    expect((await profileOf(who)).hasPassword).toBe(false);
    for (const currentPassword of ["", "not a real password"]) {
      const change = changePassword(who, { currentPassword, newPassword: next });
      expect(await refusal(change)).toEqual({ code: "INVALID", paths: ["currentPassword"] });
    }
    expect((await profileOf(who)).hasPassword).toBe(false);
  });

  it("makes devices of the account strangers, but the one it is done at; so does ending the other sessions", async () => {
    const who = await person("devices", current);
    const email = await emailOf(who);
    const devices = [new TestBrowser(handleAuth), new TestBrowser(handleAuth)];
    for (const browser of devices) await browser.signIn(email, current);
    const jarOf = (browser?: TestBrowser) => Object.fromEntries(browser?.cookies ?? []);
    const [here, there] = devices;
    const viewer = async () => signedIn(await viewerOfCookies(jarOf(here)));
    const isKnown = async (jar: Record<string, string>) => {
      const { id, sessionEpoch } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
      return deviceOf(jar).idFor({ id, sessionEpoch }) !== null;
    };
    /** The browser's cookies after a change. */
    const jarAfter = (device: Device) => {
      const { name = "", value = "" } = device.cookie() ?? {};
      return { ...jarOf(here), [name]: value };
    };
    expect([await isKnown(jarOf(here)), await isKnown(jarOf(there))]).toEqual([true, true]);

    const ending = deviceOf(jarOf(here));
    await endOtherSessions(await viewer(), ending);
    expect([await isKnown(jarAfter(ending)), await isKnown(jarOf(there))]).toEqual([true, false]);
    // A session alone, without the password, makes no device.
    const fresh = deviceOf({});
    await endOtherSessions(await viewer(), fresh);
    expect(fresh.cookie()).toBeNull();

    const changing = deviceOf(jarOf(here));
    await commands.changePassword(await viewer(), { currentPassword: current, newPassword: next }, changing);
    expect([await isKnown(jarAfter(changing)), await isKnown(jarOf(here)), await isKnown(jarOf(there))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("in two tabs at once is done once", async () => {
    const who = await signedInViewer(await person("tabs", current));
    const change = (newPassword: string) => changePassword(who, { currentPassword: current, newPassword });
    const results = await Promise.allSettled([change(next), change("five more of the small words")]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const refused = results.find((result) => result.status === "rejected");
    expect(["CONFLICT", "INVALID", "UNAUTHENTICATED"]).toContain(toAppError(refused?.reason).code);
    expect(await db().session.count({ where: { userId: who.userId } })).toBe(1);
  });
});
