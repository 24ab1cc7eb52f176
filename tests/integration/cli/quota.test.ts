import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { db } from "@/lib/db";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();

const bootstrap = path.resolve(import.meta.dirname, "../../../lib/cli/bootstrap.mjs");

async function atoll(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [bootstrap, ...args], { env: process.env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

it("sets the quota of a user and of a collection, and prints the previous one", async () => {
  const person = await testUser();
  const slug = await testCollection(person);
  const { email } = await db().user.findUniqueOrThrow({ where: { id: person.userId } });
  const quotaOf = async () => (await db().user.findUniqueOrThrow({ where: { email } })).quotaBytes;

  const tried = await atoll("user", "quota", email, "5GiB", "--dry-run");
  expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining("5 GiB after (dry run)") });
  expect(await quotaOf()).toBeNull();

  const set = await atoll("user", "quota", email.toUpperCase(), "5GiB");
  expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining("quota none before, 5 GiB now; 0 bytes used") });
  expect(await quotaOf()).toBe(5_368_709_120n);

  await db().collection.update({ where: { slug }, data: { quotaBytes: 7, usedBytes: 3, reservedBytes: 2 } });
  const json = await atoll("collection", "quota", slug, "none", "--json");
  expect(JSON.parse(json.stdout)).toEqual({ collection: slug, before: 7, after: null, used: 3, reserved: 2 });
  expect(await db().event.count({ where: { action: { in: ["user.changed", "collection.changed"] } } })).toBe(2);

  const missing = await atoll("collection", "quota", "nowhere", "1MB");
  expect(missing).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("does not exist") });
});
