import { afterAll, expect, it } from "vitest";
import { POST } from "@/app/api/v1/urls/route";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { trashMedia } from "@/lib/media/commands";
import { maxUrls } from "@/lib/media/schema";
import { createTokenFor } from "@/lib/token/commands";
import { dropInto } from "@/tests/integration/main-job/drops";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

async function ask(items: object[], authorization?: string) {
  const request = new Request(`${env().ATOLL_URL}/api/v1/urls`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization ? { authorization } : {}) },
    body: JSON.stringify({ items }),
  });
  const response = await POST(request);
  return { status: response.status, body: await response.json() };
}

it("are signed anew in the order of the request, of several collections, and only for those who see the media", async () => {
  const owner = await testUser("Owner");
  const [one, other] = [await testCollection(owner), await testCollection(owner)];
  await dropInto(one, { "a.txt": "coral" }, { by: owner });
  await dropInto(other, { "b.txt": "polyp", "gone.txt": "sand" }, { by: owner });
  const media = await db().media.findMany({ select: { id: true, path: true } });
  const idOf = (path: string) => media.find((found) => found.path === path)?.id ?? "";
  await trashMedia(owner, idOf("gone.txt"));
  const { token } = await createTokenFor(system, owner, { name: "Portal", scopes: ["read"] });

  const items = [
    { id: idOf("b.txt"), variant: "original" },
    { id: idOf("gone.txt"), variant: "original" },
    { id: idOf("a.txt").toUpperCase(), variant: "original" },
    { id: "00000000-0000-4000-8000-000000000000", variant: "thumb" },
    { id: idOf("b.txt"), variant: "original" },
  ];
  const { status, body } = await ask(items, `Bearer ${token}`);
  expect(status).toBe(200);
  expect(body.items.map(({ url }: { url: string | null }) => url !== null)).toEqual([true, false, true, false, true]);
  expect(body.items[4]).toEqual(body.items[0]);
  for (const [index, bytes] of [
    [0, "polyp"],
    [2, "coral"],
  ] as const) {
    const { url, expiresAt } = body.items[index];
    expect(await (await fetch(url)).text()).toBe(bytes);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThanOrEqual(29 * 60_000);
  }
  const asVisitor = await ask(items);
  expect(asVisitor.status).toBe(200);
  expect(asVisitor.body.items.every(({ url }: { url: string | null }) => url === null)).toBe(true);
});

it.each([
  ["none", []],
  ["too many", Array(maxUrls + 1).fill({ id: "00000000-0000-4000-8000-000000000000", variant: "thumb" })],
  ["an unknown variant", [{ id: "00000000-0000-4000-8000-000000000000", variant: "raw" }]],
  ["what is no id", [{ id: "a", variant: "thumb" }]],
])("of %s are refused", async (_, items) => {
  expect((await ask(items)).status).toBe(422);
});
