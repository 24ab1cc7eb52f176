import { randomUUID } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Call, type Method, methods } from "@/lib/api/call";
import { allCalls } from "@/lib/api/calls/all";
import type { Scope } from "@/lib/auth/token/policy";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { bucketPermit } from "@/lib/owner/commands";
import { createTokenFor, revokeAnyToken } from "@/lib/token/commands";
import { collectionOf, disable, person, sessionCookie, system } from "../../support/fixtures/people";
import { testBucket, testDatabase } from "../../support/services/services";
import { Stage, type World } from "../roles/world";
import { bodies, type Principal, principals, table } from "./principals";

await testDatabase();
await testBucket();
afterAll(stopQueue);

let stage: Stage;
/** The headers of each principal's requests. */
let headersOf: (principal: Principal, world: World) => Promise<Record<string, string>>;

beforeAll(async () => {
  await bucketPermit(system);
  stage = await Stage.set();
  const owner = stage.person("owner");
  const elsewhere = await collectionOf(owner);
  const leaver = await person("leaver");
  const token = async (scopes: Scope[], collection?: string, user = owner) =>
    createTokenFor(system, user, { name: "CI", scopes, ...(collection ? { collection } : {}) });
  const [revoked, expired, disabled] = await Promise.all([
    token(["read"]),
    token(["read"]),
    token(["read"], undefined, leaver),
  ]);
  await revokeAnyToken(system, revoked.id, { isDryRun: false });
  await db().token.update({ where: { id: expired.id }, data: { expiresAt: new Date(0) } });
  await disable(leaver);
  const all: Scope[] = ["read", "upload", "manage"];
  const texts: Partial<Record<Principal, string>> = {
    "token read": (await token(["read"])).token,
    "token upload": (await token(["upload"])).token,
    "token manage": (await token(["manage"])).token,
    "bound elsewhere": (await token(all, elsewhere.slug)).token,
    revoked: revoked.token,
    expired: expired.token,
    "disabled user's": disabled.token,
  };
  headersOf = async (principal, { slug }) => {
    const text = principal === "bound here" ? (await token(all, slug)).token : texts[principal];
    if (text !== undefined) return { authorization: `Bearer ${text}` };
    const cookie = await stage.cookie(principal as Parameters<Stage["cookie"]>[0]);
    const pairs = Object.entries(cookie).map((pair) => pair.join("="));
    return pairs.length > 0 ? { cookie: pairs.join("; "), origin: env().ATOLL_URL } : {};
  };
});

const letters: Record<number, string> = {
  200: "+",
  201: "+",
  202: "+",
  204: "+",
  302: "+",
  401: "?",
  403: "s",
  404: ".",
  409: "!",
  422: "x",
};

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

async function handlerOf({ path: template, method }: Call): Promise<Handler> {
  const file = template.replaceAll(/\{(\w+)\}/g, "[$1]");
  const module = (await import(path.join(import.meta.dirname, `../../../app/api/v1${file}/route.ts`))) as Record<
    Method,
    Handler
  >;
  return module[method];
}

async function ask(call: Call, principal: Principal, world: World, foreign: Record<string, string>): Promise<Response> {
  const ids: Record<string, string> = {
    Media: world.mediaId,
    Uploads: world.uploadId,
    Tokens: foreign.tokenId ?? "",
    Account: foreign.sessionId ?? "",
  };
  const params = {
    slug: world.slug,
    userId: world.bystanderId,
    fileId: world.fileId,
    variant: "thumb",
    id: ids[call.section] ?? "",
  };
  const body = bodies[call.id];
  const request = new Request(`${env().ATOLL_URL}/api/v1${call.path}`, {
    method: call.method,
    headers: { ...(await headersOf(principal, world)), ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body(world)) } : {}),
  });
  return (await handlerOf(call))(request, { params: Promise.resolve(params) });
}

/** A token and a session of somebody else. */
async function foreignThings(): Promise<Record<string, string>> {
  const other = await person("other");
  await sessionCookie(other);
  const { id: sessionId } = await db().session.findFirstOrThrow({ where: { userId: other.userId } });
  const { id: tokenId } = await createTokenFor(system, other, { name: randomUUID(), scopes: ["read"] });
  return { sessionId, tokenId };
}

it.each(allCalls.map((call) => [`${call.method} ${call.path}`, call] as const))("%s", async (_, call) => {
  const foreign = await foreignThings();
  const found: string[] = [];
  let world: World | null = null;
  for (const principal of principals) {
    // The upload is the one's who asks, where that may make a difference. Who may not change anything leaves the world as it was.
    const isOwners = !["anonymous", "stranger", "viewer", "contributor", "editor"].includes(principal);
    world ??= await stage.world("private", isOwners ? "owner" : (principal as "viewer"), { own: true });
    const { status } = await ask(call, principal, world, foreign);
    found.push(letters[status] ?? String(status));
    const mayGoOn = isOwners && call.method !== "GET" ? status >= 400 : isOwners;
    if (!mayGoOn) world = null;
  }
  expect(found.join("")).toBe(table[call.id]);
});

it("has a row for every call, and no other", () => {
  expect(Object.keys(table).toSorted()).toEqual(allCalls.map(({ id }) => id).toSorted());
  for (const row of Object.values(table)) expect(row).toHaveLength(principals.length);
});

it("answers a method that a path does not have with 405 and those it has", async () => {
  for (const template of new Set(allCalls.map((call) => call.path))) {
    const has = allCalls.filter((call) => call.path === template).map(({ method }) => method);
    const [first] = allCalls.filter((call) => call.path === template);
    for (const method of methods.filter((one) => !has.includes(one))) {
      const handler = await handlerOf({ ...(first as Call), method });
      const answer = await handler(new Request(`${env().ATOLL_URL}/api/v1/x`, { method }), {
        params: Promise.resolve({}),
      });
      expect(answer.status, `${method} ${template}`).toBe(405);
      expect(
        answer.headers
          .get("allow")
          ?.split(", ")
          .filter((one) => has.includes(one as Method))
          .toSorted(),
      ).toEqual(has.toSorted());
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  }
});
