import { describe, expect, it } from "vitest";
import { deviceOf } from "@/lib/auth/device";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { viewerOfCookies } from "@/lib/auth/session";
import type { UserViewer } from "@/lib/auth/viewer";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { toAppError } from "@/lib/errors";
import * as commands from "@/lib/user/commands";
import { profileOf } from "@/lib/user/queries";
import type { ChangePasswordInput } from "@/lib/user/schema";
import { TestBrowser } from "../../support/browser";
import { person, signedInViewer } from "../../support/people";
import { testDatabase } from "../../support/services";

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
    const guess = () => changePassword(who, { currentPassword: "wrong words here", newPassword: next });
    for (let guesses = 0; guesses < budgets.signInsAtAccountFromNetwork.count; guesses += 1)
      expect(await refusal(guess())).toEqual({ code: "INVALID", paths: ["currentPassword"] });
    expect((await refusal(guess())).code).toBe("RATE_LIMITED");
    const right = changePassword(who, { currentPassword: current, newPassword: next });
    expect((await refusal(right)).code).toBe("RATE_LIMITED");
  });

  it("holds the new one to the rules of sign-up, the e-mail address included", async () => {
    const who = await signedInViewer(await person("ruled", current));
    for (const newPassword of ["password", await emailOf(who)]) {
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
