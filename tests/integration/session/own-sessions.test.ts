import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { DELETE } from "@/app/api/v1/account/sessions/[id]/route";
import { GET } from "@/app/api/v1/account/sessions/route";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { viewerOfCookies } from "@/lib/auth/session";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import type { SessionPage } from "@/lib/session/schema";
import { TestBrowser } from "../../support/browser";
import { person, sessionCookie } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

await testDatabase();

type Sent = Record<string, string>;

/** The headers of a signed-in browser's request. */
async function browserOf(who: UserViewer): Promise<Sent> {
  const cookie = Object.entries(await sessionCookie(who)).map((pair) => pair.join("="));
  return { cookie: cookie.join("; "), origin: env().ATOLL_URL };
}

const address = (path: string) => `${env().ATOLL_URL}/api/v1/account/sessions${path}`;
const get = (headers: Sent, query = "") => GET(new Request(address(query), { headers }));
const list = async (headers: Sent, query = "") => (await (await get(headers, query)).json()) as SessionPage;
async function end(headers: Sent, id: string): Promise<number> {
  const request = new Request(address(`/${id}`), { method: "DELETE", headers });
  return (await DELETE(request, { params: Promise.resolve({ id }) })).status;
}

it("lists a user's own sessions: device, address, times, and which is this one", async () => {
  const who = await person("lister", "three small words");
  await sessionCookie(await person("other"));
  const userAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
  const browser = new TestBrowser(handleAuth, { "user-agent": userAgent, "x-atoll-client-address": "203.0.113.7" });
  const { email } = await db().user.findUniqueOrThrow({ where: { id: who.userId } });
  await browser.signIn(email, "three small words");
  const headers = await browserOf(who);
  const { items, nextCursor } = await list(headers);
  expect(nextCursor).toBeNull();
  expect(items).toMatchObject([
    { device: "Test browser", ipAddress: null, isCurrent: true },
    { device: "Firefox on Windows", ipAddress: "203.0.113.7", isCurrent: false },
  ]);
  const viewer = await viewerOfCookies(Object.fromEntries(browser.cookies));
  expect(viewer).toMatchObject({ sessionId: items[1]?.id });
  expect(Object.keys(items[0] ?? {}).toSorted()).toEqual(
    ["createdAt", "device", "id", "ipAddress", "isCurrent", "lastSeenAt"].toSorted(),
  );
});

it("lists a page at a time, each session once, and refuses what it does not know", async () => {
  const who = await person("pager");
  const headers = await browserOf(who);
  const { userId } = who;
  // Several of the same instant: the id decides then.
  const createdAt = new Date(Date.now() - 60_000);
  const more = Array.from({ length: 6 }, (_, index) => ({ userId, epoch: 0, device: `Script ${index}`, createdAt }));
  await db().session.createMany({ data: more });
  const seen: string[] = [];
  let [query, other] = ["?limit=3", ""];
  for (let page = await list(headers, query); ; page = await list(headers, query)) {
    seen.push(...page.items.map(({ id }) => id));
    expect(page.items.length).toBeLessThanOrEqual(3);
    if (page.nextCursor === null) break;
    query = `?limit=3&cursor=${encodeURIComponent(page.nextCursor)}`;
    other ||= page.nextCursor;
  }
  expect(new Set(seen).size).toBe(7);
  expect(seen).toEqual((await list(headers)).items.map(({ id }) => id));
  const forged = ["x", "_".repeat(200), `0000-01-01T00:00:00Z_${randomUUID()}`, `${createdAt.toISOString()}_${userId}`];
  const wrongCursors = forged.map((text) => `?cursor=${encodeURIComponent(text)}`);
  for (const wrong of ["?limit=0", "?limit=201", "?limit=x", "?sort=age", ...wrongCursors])
    expect((await get(headers, wrong)).status, wrong).toBe(422);
  const neighbour = await browserOf(await person("neighbour"));
  expect((await get(headers, `?cursor=${other}`)).status).toBe(200);
  expect((await get(neighbour, `?cursor=${other}`)).status).toBe(422);
});

it("ends one of them; another person's, an unknown and a malformed id are all 404", async () => {
  const [who, other] = [await person("ender"), await person("neighbour")];
  const [here, there, elsewhere] = [await browserOf(who), await browserOf(who), await browserOf(other)];
  const idOf = async (headers: Sent) => (await list(headers)).items.find(({ isCurrent }) => isCurrent)?.id ?? "";
  const [own, foreign] = [await idOf(there), await idOf(elsewhere)];
  for (const id of [foreign, randomUUID(), "x", ""]) expect(await end(here, id), id).toBe(404);
  expect((await get(elsewhere)).status).toBe(200);
  expect(await end(here, own.toUpperCase())).toBe(204);
  expect(await end(here, own)).toBe(404);
  expect([(await get(there)).status, (await get(here)).status]).toEqual([401, 200]);
  expect(await db().event.count({ where: { subjectId: who.userId, action: "user.sessionsEnded" } })).toBe(1);
});

it("needs the session cookie, and the site's Origin to end one", async () => {
  const headers = await browserOf(await person("strict"));
  const [item] = (await list(headers)).items;
  const id = item?.id ?? "";
  for (const sent of [{}, { authorization: "Bearer atoll_x" }, { ...headers, authorization: "Bearer atoll_x" }]) {
    expect((await get(sent as Sent)).status).toBe(401);
    expect(await end(sent as Sent, id)).toBe(401);
  }
  expect(await end({ ...headers, origin: "https://elsewhere.example" }, id)).toBeGreaterThanOrEqual(403);
  expect((await get(headers)).status).toBe(200);
});
