import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GET } from "@/app/api/v1/collections/[slug]/media/route";
import type { UserViewer } from "@/lib/auth/viewer";
import { updateCollection } from "@/lib/collection/commands";
import { collectionBySlug } from "@/lib/collection/queries";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { mediaPage } from "@/lib/media/queries";
import { routes } from "@/lib/routes";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { sessionCookie } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { fill } from "./fill";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let [slug, other] = ["", ""];
let [own, outsiders] = ["", ""];

type Page = { items: { id: string }[]; nextCursor: string | null };

/** Sends a request for the media of a collection, as the owner or as nobody. */
async function ask(inSlug: string, query: Record<string, string>, isOwner = false) {
  const cookie = isOwner ? Object.entries(await sessionCookie(owner)).map((pair) => pair.join("=")) : [];
  const url = new URL(`${routes.api.media(inSlug)}?${new URLSearchParams(query)}`, env().ATOLL_URL);
  const request = new Request(url, { headers: { cookie: cookie.join("; ") } });
  const response = await GET(request, { params: Promise.resolve({ slug: inSlug }) });
  return { status: response.status, body: (await response.json()) as Page & Record<string, unknown> };
}

beforeAll(async () => {
  owner = await testUser("Owner");
  [slug, other] = [await testCollection(owner, "preview"), await testCollection(owner, "preview")];
  for (const one of [slug, other]) {
    const { id } = await collectionBySlug(owner, one);
    const pages = Array.from({ length: 5 }, (_, n) => ({ path: `page-${n + 1}`, takenAt: new Date(0) }));
    await fill(id, pages);
  }
  own = (await mediaPage(await collectionBySlug(owner, slug), { limit: 2 })).nextCursor ?? "";
  outsiders = (await ask(slug, { limit: "2" })).body.nextCursor ?? "";
});

const refusal = { status: 422, body: { status: 422, errors: [{ path: "cursor", message: expect.any(String) }] } };

describe("a cursor that is not of this list", () => {
  it("is 422 in another collection, and for a viewer who sees more or less", async () => {
    expect(await ask(slug, { cursor: outsiders })).toMatchObject({ status: 200, body: { items: { length: 3 } } });
    expect(await ask(slug, { cursor: own }, true)).toMatchObject({ status: 200, body: { items: { length: 3 } } });
    expect(await ask(other, { cursor: outsiders })).toMatchObject(refusal);
    expect(await ask(slug, { cursor: own })).toMatchObject(refusal);
    expect(await ask(slug, { cursor: outsiders }, true)).toMatchObject(refusal);
  });

  it("is 422 when it was forged, cut or altered, and when it is of before cursors were sealed", async () => {
    const unsealed = Buffer.from(JSON.stringify([0, "00000000-0000-4000-8000-000000000000"])).toString("base64url");
    const altered = own.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    const texts = ["", "x", "null", "\u0000", "\ud83d\udc20", "\ud800", "%%%", "=".repeat(64), "A".repeat(1_100)];
    for (const cursor of [...texts, unsealed, altered, own.slice(1), own.slice(0, -1), `${own}A`, `${own}=`])
      expect(await ask(slug, { cursor }, true), cursor).toMatchObject(refusal);
    expect((await ask(slug, { cursor: "A".repeat(1_101) }, true)).status).toBe(422);
  });

  it("is 404 in a collection that the reader may not see, as without one", async () => {
    await updateCollection(owner, other, { visibility: "private" });
    for (const cursor of ["x", outsiders]) expect((await ask(other, { cursor })).status).toBe(404);
  });
});

it("a parameter that is not served is 422, never ignored", async () => {
  const ids = "00000000-0000-4000-8000-000000000000";
  for (const query of [
    { q: "reef" },
    { sort: "name" },
    { ids, limit: "2" },
    { ids, cursor: own },
    { limit: "0" },
    { limit: "201" },
  ])
    expect((await ask(slug, query as Record<string, string>)).status, JSON.stringify(query)).toBe(422);
});
