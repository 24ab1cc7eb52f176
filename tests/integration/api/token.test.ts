import { beforeAll, expect, it, vi } from "vitest";
import { GET as getCollection, PATCH as patchCollection } from "@/app/api/v1/collections/[slug]/route";
import { GET as listCollections, POST as postCollection } from "@/app/api/v1/collections/route";
import { DELETE as revoke } from "@/app/api/v1/tokens/[id]/route";
import { GET as listTokens, POST as postToken } from "@/app/api/v1/tokens/route";
import { tokenPolicy } from "@/lib/auth/token/policy";
import { newTokenText } from "@/lib/auth/token/text";
import type { UserViewer } from "@/lib/auth/viewer";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { setMember } from "@/lib/member/commands";
import { createTokenFor, deleteExpiredTokens } from "@/lib/token/commands";
import { collectionOf, person, sessionCookie, system } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

await testDatabase();

type Handler = typeof getCollection;
type Sent = Record<string, string>;

async function call(
  handler: Handler,
  headers: Sent,
  {
    method = "GET",
    path = "",
    params = {},
    body,
  }: { method?: string; path?: string; params?: Sent; body?: object } = {},
) {
  const sent = { ...headers, ...(body ? { "content-type": "application/json" } : {}) };
  const request = new Request(`${env().ATOLL_URL}/api/v1${path}`, {
    method,
    headers: sent,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await handler(request, { params: Promise.resolve(params) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

let owner: UserViewer;
let browser: Sent;
beforeAll(async () => {
  owner = await person("owner");
  const cookie = Object.entries(await sessionCookie(owner)).map((pair) => pair.join("="));
  browser = { cookie: cookie.join("; "), origin: env().ATOLL_URL };
});

const bearer = (token: string): Sent => ({ authorization: `Bearer ${token}` });
const create = async (input: Parameters<typeof createTokenFor>[2], user = owner) =>
  (await createTokenFor(system, user, input)).token;

it("is shown once, when it is created, and kept as its hash", async () => {
  const created = await call(postToken, browser, { method: "POST", body: { name: "CI", scopes: ["upload", "read"] } });
  expect(created.status).toBe(201);
  const { token, ...item } = created.body;
  expect(token).toMatch(/^atoll_[0-9A-Za-z]{33}$/);
  expect(item).toMatchObject({
    name: "CI",
    scopes: ["read", "upload"],
    collection: null,
    expiresAt: null,
    lastUsedAt: null,
  });
  const { items } = (await call(listTokens, browser)).body;
  expect(items).toContainEqual(item);
  const everything = await db().$queryRaw<{ text: string }[]>`
    SELECT row_to_json(t)::text AS text FROM token t UNION ALL SELECT row_to_json(e)::text FROM event e`;
  for (const row of everything) expect(row.text).not.toContain(token);
  expect((await call(listCollections, bearer(token))).status).toBe(200);
  expect((await call(revoke, browser, { method: "DELETE", params: { id: item.id } })).status).toBe(204);
  expect((await call(listCollections, bearer(token))).status).toBe(401);
  const events = await db().event.findMany({ where: { subjectId: item.id }, orderBy: { id: "asc" } });
  expect(events.map(({ action }) => action)).toEqual(["token.created", "token.revoked"]);
});

it("is created once under an Idempotency-Key, and not shown again", async () => {
  const ask = () =>
    call(
      postToken,
      { ...browser, "idempotency-key": "token-1" },
      { method: "POST", body: { name: "Once", scopes: ["read"] } },
    );
  const [first, again] = [await ask(), await ask()];
  expect([first.status, again.status]).toEqual([201, 201]);
  const { token: _token, ...item } = first.body;
  expect(again.body).toEqual(item);
  expect(await db().token.count({ where: { name: "Once" } })).toBe(1);
});

it("is never more than its user is now", async () => {
  const { slug } = await collectionOf(owner);
  const member = await person("member");
  const token = await create({ name: "All", scopes: ["read", "upload", "manage"] }, member);
  const rename = () =>
    call(patchCollection, bearer(token), { method: "PATCH", params: { slug }, body: { name: "Mine" } });
  const see = () => call(getCollection, bearer(token), { params: { slug } });
  expect((await see()).status).toBe(404);
  await setMember(owner, slug, { userId: member.userId, role: "owner" });
  expect([(await see()).status, (await rename()).status]).toEqual([200, 200]);
  await setMember(owner, slug, { userId: member.userId, role: "viewer" });
  expect([(await see()).status, (await rename()).status]).toEqual([200, 404]);
  await db().user.update({ where: { id: member.userId }, data: { disabledAt: new Date() } });
  expect([(await see()).status, (await rename()).status]).toEqual([401, 401]);
});

it("that is bound lists the collection it is bound to, and makes none", async () => {
  const { slug } = await collectionOf(owner);
  const token = await create({ name: "Bound", scopes: ["read", "manage"], collection: slug });
  const { body } = await call(listCollections, bearer(token));
  expect(body.items.map((item: { slug: string }) => item.slug)).toEqual([slug]);
  const made = await call(postCollection, bearer(token), { method: "POST", body: { name: "Other" } });
  expect(made.status).toBe(403);
  expect(made.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
});

it("is bound only to a collection that its user sees", async () => {
  const { slug } = await collectionOf(await person("stranger"));
  const body = { name: "Bound", scopes: ["read"], collection: slug };
  expect((await call(postToken, browser, { method: "POST", body })).status).toBe(404);
});

it("with a typing error is told so without a query; a wrong one is spent from the budget of its network", async () => {
  const spent = vi.spyOn(db(), "$queryRawUnsafe");
  const typo = await call(listCollections, bearer("atoll_123"));
  expect([typo.status, spent.mock.calls.length]).toEqual([401, 0]);
  expect(typo.headers.get("www-authenticate")).toBe('Bearer realm="Atoll", error="invalid_token"');
  const address = { "x-atoll-client-address": "203.0.113.77" };
  const wrong = await call(listCollections, { ...address, ...bearer(newTokenText()) });
  expect(wrong.status).toBe(401);
  expect(wrong.body.detail).not.toBe(typo.body.detail);
  expect(await db().budget.count({ where: { key: "wrongTokensFromNetwork 203.0.113.77" } })).toBe(1);
  spent.mockRestore();
});

it("of another scheme, or beside a session cookie, is never taken for that session", async () => {
  for (const authorization of ["Basic dXNlcjpwYXNz", "atoll_123", "Bearer", "Bearer a b"])
    expect((await call(listCollections, { ...browser, authorization })).status, authorization).toBe(401);
});

it("records its use once a minute, however often it is used", async () => {
  const token = await create({ name: "Busy", scopes: ["read"] });
  const row = () => db().token.findFirstOrThrow({ where: { name: "Busy" } });
  await Promise.all([1, 2, 3].map(() => call(listCollections, bearer(token))));
  const first = (await row()).lastUsedAt;
  await call(listCollections, bearer(token));
  expect((await row()).lastUsedAt).toEqual(first);
  const earlier = new Date(Date.now() - (tokenPolicy.usedEverySeconds + 1) * 1_000);
  await db().token.updateMany({ where: { name: "Busy" }, data: { lastUsedAt: earlier } });
  await call(listCollections, bearer(token));
  expect((await row()).lastUsedAt?.getTime()).toBeGreaterThan(earlier.getTime());
});

it("is named in the log of what was done with it", async () => {
  const { slug, id } = await collectionOf(owner);
  const token = await create({ name: "Renamer", scopes: ["manage"] });
  await call(patchCollection, bearer(token), { method: "PATCH", params: { slug }, body: { name: "Renamed" } });
  const event = await db().event.findFirstOrThrow({ where: { collectionId: id, action: "collection.changed" } });
  expect(event).toMatchObject({ actorId: owner.userId, tokenName: "Renamer" });
});

it("tells what is left of its budgets, and 429 with Retry-After beyond them", async () => {
  const token = await create({ name: "Fast", scopes: ["read"] });
  const first = await call(listCollections, bearer(token));
  const { count, windowSeconds } = budgets.callsOfToken;
  expect(first.headers.get("ratelimit-policy")).toContain(`"token";q=${count};w=${windowSeconds}`);
  expect(first.headers.get("ratelimit")).toMatch(/"token";r=\d+;t=\d+, "user";r=\d+;t=\d+, "address";r=\d+;t=\d+/);
  const { id } = await db().token.findFirstOrThrow({ where: { name: "Fast" } });
  const spentUntil = new Date(Date.now() + (windowSeconds + 60) * 1_000);
  await db().budget.update({ where: { key: `callsOfToken ${id}` }, data: { spentUntil } });
  const refused = await call(listCollections, bearer(token));
  expect(refused.status).toBe(429);
  expect(refused.headers.get("ratelimit-policy")).toBe(first.headers.get("ratelimit-policy"));
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
});

it("in a URL is refused, whatever is called, and no log line has it", async () => {
  const token = await create({ name: "Leaked", scopes: ["read"] });
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  for (const path of [`/collections?token=${token}`, `/collections?cursor=x${encodeURIComponent(token)}`]) {
    const refused = await call(listCollections, bearer(token), { path });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).not.toContain(token);
  }
  expect(JSON.stringify(logged.mock.calls)).not.toContain(token);
  logged.mockRestore();
});

it("that expired long ago is deleted; one that expired lately is still in the list", async () => {
  const { keptExpiredSeconds } = tokenPolicy;
  await create({ name: "Old", scopes: ["read"] });
  await create({ name: "Lately", scopes: ["read"] });
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
  await db().token.updateMany({ where: { name: "Old" }, data: { expiresAt: ago(keptExpiredSeconds + 60) } });
  await db().token.updateMany({ where: { name: "Lately" }, data: { expiresAt: ago(60) } });
  expect(await deleteExpiredTokens(system)).toBe(1);
  const { items } = (await call(listTokens, browser)).body;
  const names = items.map((item: { name: string }) => item.name);
  expect(names).toContain("Lately");
  expect(names).not.toContain("Old");
});

it("is one of a hundred at most, and must expire in the future", async () => {
  const many = await person("many");
  const data = Array.from({ length: tokenPolicy.maxPerUser }, (_, index) => ({
    ...{ userId: many.userId, name: `Token ${index}`, scopes: ["read"] },
    hash: `many ${index}`,
  }));
  await db().token.createMany({ data });
  await expect(create({ name: "One more", scopes: ["read"] }, many)).rejects.toMatchObject({ code: "CONFLICT" });
  const late = { name: "Late", scopes: ["read"], expiresAt: new Date(0).toISOString() };
  expect((await call(postToken, browser, { method: "POST", body: late })).body.errors).toMatchObject([
    { path: "expiresAt" },
  ]);
});
