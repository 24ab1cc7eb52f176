import { expect, it } from "vitest";
import { collection } from "@/lib/cli/collection";
import { user } from "@/lib/cli/user/command";
import { db } from "@/lib/db";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { printedBy } from "@/tests/support/run-command";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();

it("sets the quota of a user and of a collection, and prints the previous one", async () => {
  const person = await testUser();
  const slug = await testCollection(person);
  const { email } = await db().user.findUniqueOrThrow({ where: { id: person.userId } });
  const quotaOf = async () => (await db().user.findUniqueOrThrow({ where: { email } })).quotaBytes;

  const tried = await printedBy(user, ["quota", email, "5GiB", "--dry-run"]);
  expect(tried).toContain("5 GiB after (dry run)");
  expect(await quotaOf()).toBeNull();

  const set = await printedBy(user, ["quota", email.toUpperCase(), "5GiB"]);
  expect(set).toContain("quota none before, 5 GiB now; 0 bytes used");
  expect(await quotaOf()).toBe(5_368_709_120n);

  await db().collection.update({ where: { slug }, data: { quotaBytes: 7, usedBytes: 3, reservedBytes: 2 } });
  const json = await printedBy(collection, ["quota", slug, "none", "--json"]);
  expect(JSON.parse(json)).toEqual({ collection: slug, before: 7, after: null, used: 3, reserved: 2 });
  expect(await db().event.count({ where: { action: { in: ["user.changed", "collection.changed"] } } })).toBe(2);

  await expect(printedBy(collection, ["quota", "nowhere", "1MB"])).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringContaining("does not exist"),
  });
});
