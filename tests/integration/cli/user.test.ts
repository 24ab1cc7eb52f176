import { execFile } from "node:child_process";
import path from "node:path";
import { expect, it, vi } from "vitest";
import { checkPassword } from "@/lib/auth/commands";
import { deviceOf } from "@/lib/auth/device";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { user } from "@/lib/cli/user/command";
import { db } from "@/lib/db";
import { person, sessionCookie } from "@/tests/support/fixtures/people";
import { testDatabase } from "@/tests/support/services/services";

await testDatabase();

const bootstrap = path.resolve(import.meta.dirname, "../../../lib/cli/bootstrap.mjs");

/** Runs `atoll user …` in this process and returns what it printed. */
async function atollUser(...args: string[]): Promise<string> {
  let printed = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text, ...more) => {
    printed += text;
    for (const done of more) if (typeof done === "function") done();
    return true;
  });
  const log = vi.spyOn(console, "log").mockImplementation((line) => {
    printed += `${line}\n`;
  });
  try {
    expect(await user.run(args)).toBe(0);
  } finally {
    write.mockRestore();
    log.mockRestore();
  }
  return printed;
}

it("disables, enables and lists accounts and sets their passwords", async () => {
  const who = await person("ada", "three small words");
  await person("grace");
  const { email } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
  const canSignIn = async (password: string) =>
    (await checkPassword(mintAnonymousViewer(), { email, password }, deviceOf({}))) !== null;
  await sessionCookie(who);

  const tried = await atollUser("disable", email, "--dry-run");
  expect(tried).toBe(`${email}: would be disabled, 1 session would end (dry run)\n`);
  const disabled = JSON.parse(await atollUser("disable", email.toUpperCase(), "--json"));
  expect(disabled).toEqual({ user: email.toUpperCase(), hasChanged: true, endedSessions: 1 });
  expect(await atollUser("disable", email)).toBe(`${email}: disabled already\n`);

  expect(JSON.parse(await atollUser("list", "--json"))).toMatchObject([
    { email, isAdmin: true, hasPassword: true, disabledAt: expect.stringMatching(/^20/) },
    { email: expect.stringContaining("grace"), hasPassword: false, disabledAt: null },
  ]);
  expect(await atollUser("list")).toMatch(
    /^ada-\d+@example\.org\tada\tadministrator, disabled 20[\d-]+\ngrace-.*\tno password\n$/,
  );

  expect(await atollUser("enable", email)).toBe(`${email}: enabled, 0 sessions ended\n`);
  const password = (await atollUser("password", email)).trim().split("\n").at(-1) ?? "";
  expect(password).toMatch(/^[\w-]{20}$/);
  expect([await canSignIn("three small words"), await canSignIn(password)]).toEqual([false, true]);
  const json = JSON.parse(await atollUser("password", email, "--json"));
  expect(json).toEqual({ user: email, hasChanged: true, endedSessions: 0, password: expect.any(String) });
  expect([await canSignIn(password), await canSignIn(json.password)]).toEqual([false, true]);

  await expect(atollUser("enable", "nobody@example.org")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

it("reads a password from standard input, and says why it is refused", async () => {
  const who = await person("piped");
  const { email } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
  const args = [bootstrap, "user", "password", email, "--password-stdin"];
  const refused = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
    child.stdin?.end("password\n");
  });
  expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("too common") });
});
