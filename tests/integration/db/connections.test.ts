import { expect, it } from "vitest";
import { db } from "@/lib/db";
import { testDatabase } from "@/tests/support/services/services";

await testDatabase();

it("compiles no statement on any connection, whatever the server's own setting", async () => {
  const settings = await Promise.all(Array.from({ length: 5 }, () => db().$queryRaw<{ jit: string }[]>`SHOW jit`));
  expect(settings).toEqual(Array.from({ length: 5 }, () => [{ jit: "off" }]));
});
