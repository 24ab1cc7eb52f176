import { beforeAll, expect, it } from "vitest";
import { DELETE, GET, OPTIONS, PATCH } from "@/app/api/v1/collections/[slug]/route";
import { GET as list, POST } from "@/app/api/v1/collections/route";
import { GET as openApi } from "@/app/api/v1/openapi.json/route";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { createTokenFor } from "@/lib/token/commands";
import { collectionOf, person, system } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

await testDatabase();
const page = "https://portal.example";
process.env.ATOLL_API_ORIGINS = `${page}, https://other.example`;

let owner: UserViewer;
let token: string;
beforeAll(async () => {
  owner = await person("owner");
  token = (await createTokenFor(system, owner, { name: "CI", scopes: ["read", "manage"] })).token;
});

type Sent = Record<string, string>;
async function call(handler: typeof GET, slug: string, method = "GET", body?: object, more: Sent = {}, query = "") {
  const request = new Request(`${env().ATOLL_URL}/api/v1/collections/${slug}${query}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body ? { "content-type": "application/json" } : {}),
      ...more,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await handler(request, { params: Promise.resolve({ slug }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

it("of what has changed since it was read is refused, and overwrites nothing", async () => {
  const { slug } = await collectionOf(owner);
  const read = await call(GET, slug);
  const etag = read.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"\d+"$/);
  const first = await call(PATCH, slug, "PATCH", { name: "First" }, { "if-match": etag });
  expect([first.status, first.body.name]).toEqual([200, "First"]);
  expect(first.headers.get("etag")).not.toBe(etag);
  const second = await call(PATCH, slug, "PATCH", { name: "Second" }, { "if-match": etag });
  expect([second.status, second.body.type]).toEqual([412, "urn:atoll:error:changed"]);
  expect((await call(DELETE, slug, "DELETE", undefined, { "if-match": etag })).status).toBe(412);
  expect((await call(GET, slug)).body.name).toBe("First");
  expect((await call(PATCH, slug, "PATCH", { name: "Third" }, { "if-match": "*" })).status).toBe(200);
  expect((await call(PATCH, slug, "PATCH", { name: "Fourth" })).status).toBe(200);
  expect((await call(PATCH, slug, "PATCH", { name: "Fifth" }, { "if-match": "1" })).status).toBe(422);
  const weak = `W/${(await call(GET, slug)).headers.get("etag")}`;
  expect((await call(PATCH, slug, "PATCH", { name: "Fifth" }, { "if-match": weak })).status).toBe(200);
  expect((await call(PATCH, slug, "PATCH", { name: "Sixth" }, { "if-match": weak })).status).toBe(412);
});

it("at the same time of one version: one is done, the others are told", async () => {
  const { slug } = await collectionOf(owner);
  const etag = (await call(GET, slug)).headers.get("etag") ?? "";
  const answers = await Promise.all(
    [1, 2, 3, 4].map((n) => call(PATCH, slug, "PATCH", { name: `Name ${n}` }, { "if-match": etag })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412]);
});

it("with fields, parameters or headers that a call does not know are 422, and name them", async () => {
  const { slug } = await collectionOf(owner);
  const unknown = await call(PATCH, slug, "PATCH", { name: "Reef", colour: "red", tags: [] });
  expect(unknown.status).toBe(422);
  expect(unknown.body.errors).toEqual([
    { path: "colour", message: "There is no such field here." },
    { path: "tags", message: "There is no such field here." },
  ]);
  expect((await call(GET, slug, "GET", undefined, {}, "?sort=name")).body.errors).toMatchObject([{ path: "sort" }]);
  expect((await call(list, slug, "GET", undefined, {}, "?limit=1&limit=2")).body.errors).toMatchObject([
    { path: "limit" },
  ]);
  expect((await call(PATCH, slug, "PATCH", { name: "Reef" }, { "idempotency-key": "k" })).status).toBe(422);
  expect((await call(GET, slug)).body.name).not.toBe("Reef");
});

it("that are not JSON, or too large, say so", async () => {
  const { slug } = await collectionOf(owner);
  const text = await call(PATCH, slug, "PATCH", { name: "Reef" }, { "content-type": "text/plain" });
  expect([text.status, text.body.type]).toEqual([415, "urn:atoll:error:media-type"]);
  const large = await call(PATCH, slug, "PATCH", { name: "x".repeat(5_000_000) });
  expect([large.status, large.body.type]).toEqual([413, "urn:atoll:error:too-large"]);
});

it("are listed a page at a time, each once", async () => {
  const pager = await person("pager");
  const createdAt = new Date();
  for (let n = 0; n < 5; n += 1) {
    const { id } = await collectionOf(pager);
    // Several of the same instant: the id decides then.
    await db().collection.update({ where: { id }, data: { createdAt } });
  }
  token = (await createTokenFor(system, pager, { name: "CI", scopes: ["read", "manage"] })).token;
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = `?limit=2${cursor ? `&cursor=${cursor}` : ""}`;
    const { body } = await call(list, "", "GET", undefined, {}, query);
    seen.push(...body.items.map((item: { id: string }) => item.id));
    cursor = body.nextCursor;
  } while (cursor);
  expect(seen).toHaveLength(5);
  expect(new Set(seen).size).toBe(5);
});

it("by a page of another site are allowed where it is configured, with a token and never with cookies", async () => {
  const { slug } = await collectionOf(owner);
  const preflight = await call(OPTIONS, slug, "OPTIONS", undefined, {
    origin: page,
    "access-control-request-method": "PATCH",
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe(page);
  expect(preflight.headers.get("access-control-allow-methods")).toContain("PATCH");
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");
  expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
  const elsewhere = await call(GET, slug, "GET", undefined, { origin: "https://evil.example" });
  expect(elsewhere.headers.get("access-control-allow-origin")).toBeNull();
  expect(elsewhere.headers.get("vary")).toContain("Origin");
});

it("create once under an Idempotency-Key", async () => {
  const ask = (name: string) => call(POST, "", "POST", { name }, { "idempotency-key": "collection-1" });
  const [first, again, other] = [await ask("Once"), await ask("Once"), await ask("Twice")];
  expect([first.status, again.status, other.status]).toEqual([201, 201, 422]);
  expect(again.body.slug).toBe(first.body.slug);
  expect(first.headers.get("location")).toBe(`/api/v1/collections/${first.body.slug}`);
  expect(await db().collection.count({ where: { name: "Once" } })).toBe(1);
});

it("are described by openapi.json, which a client fetches once", async () => {
  const ask = (headers: Sent = {}) => openApi(new Request(`${env().ATOLL_URL}/api/v1/openapi.json`, { headers }));
  const first = await ask();
  expect(await first.json()).toMatchObject({ openapi: "3.1.0", servers: [{ url: `${env().ATOLL_URL}/api/v1` }] });
  expect((await ask({ "if-none-match": first.headers.get("etag") ?? "" })).status).toBe(304);
});
