import { expect, test } from "vitest";
import { testDatabase } from "@/tests/support/services/services";

const { url } = await testDatabase();

test("a test file gets a migrated database of its own", async () => {
  const { db } = await import("@/lib/db");
  const [row] = await db().$queryRaw<{ name: string }[]>`SELECT current_database() AS name`;
  expect(url).toContain(row?.name);
  expect(await db().user.count()).toBe(0);
});
