import { expect, it } from "vitest";
import { GET } from "@/app/api/v1/collections/route";
import { token } from "@/lib/cli/token/command";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { printedBy } from "@/tests/support/run-command";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();

const statusWith = async (text: string) => {
  const headers = { authorization: `Bearer ${text}` };
  return (await GET(new Request(`${env().ATOLL_URL}/api/v1/collections`, { headers }))).status;
};

it("creates a token and prints it alone, lists it without its text, and revokes it", async () => {
  const person = await testUser();
  const slug = await testCollection(person);
  const { email } = await db().user.findUniqueOrThrow({ where: { id: person.userId } });
  const given = ["create", "--user", email, "--scope", "read,upload", "--collection", slug, "--expires", "90d"];
  const text = (await printedBy(token, [...given, "--name", "CI"])).trimEnd();
  expect(text).toMatch(/^atoll_[0-9A-Za-z]{33}$/);
  expect(await statusWith(text)).toBe(200);

  const [listed, ...others] = JSON.parse(await printedBy(token, ["list", "--user", email.toUpperCase(), "--json"]));
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ user: email, name: "CI", scopes: ["read", "upload"], collection: slug });
  const lifeDays = (Date.parse(listed.expiresAt) - Date.parse(listed.createdAt)) / 86_400_000;
  expect(Math.round(lifeDays)).toBe(90);
  const line = await printedBy(token, ["list"]);
  expect(line).toContain(`${listed.id}\t${email}\tCI\tread,upload\t${slug}\texpires `);
  expect(line).not.toContain(text);

  expect(await printedBy(token, ["revoke", listed.id, "--dry-run"])).toContain("would be revoked (dry run)");
  expect(await statusWith(text)).toBe(200);
  expect(await printedBy(token, ["revoke", listed.id])).toBe(`${listed.id}: CI of ${email} revoked\n`);
  expect(await statusWith(text)).toBe(401);
  expect(await printedBy(token, ["list", "--json"])).toBe("[]\n");
  await expect(printedBy(token, ["revoke", listed.id])).rejects.toMatchObject({ code: "NOT_FOUND" });
});

it.each([
  [["create", "--scope", "read"], "needs --user"],
  [["create", "--user", "a@example.org"], "needs --scope"],
  [["create", "--user", "a@example.org", "--scope", "admin"], "A scope is read, upload, manage."],
  [["create", "--user", "a@example.org", "--scope", "read", "--expires", "soon"], "--expires takes hours or days"],
  [["revoke"], "expected: token revoke ID"],
  [["list", "--scope", "read"], "does not take --scope"],
  [["drop"], "expected: token create|list|revoke"],
])("%j is wrong usage", async (args, message) => {
  await expect(printedBy(token, args)).rejects.toMatchObject({
    name: "UsageError",
    message: expect.stringContaining(message),
  });
});

it("of an account that is not there, or of a collection it does not see, is not created", async () => {
  const { email } = await db().user.findFirstOrThrow();
  for (const [user, slug] of [
    ["nobody@example.org", undefined],
    [email, "nowhere"],
  ])
    await expect(
      printedBy(token, ["create", "--user", user ?? "", "--scope", "read", ...(slug ? ["--collection", slug] : [])]),
    ).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining(user ?? "") });
});
