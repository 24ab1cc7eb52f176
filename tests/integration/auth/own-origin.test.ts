import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ActionResult, parseInput, runAction } from "@/lib/action";
import { isWriting } from "@/lib/api/call";
import { allCalls } from "@/lib/api/calls/all";
import { requireOwnOrigin } from "@/lib/auth/own-origin";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { spend } from "@/lib/budget/commands";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { person, sessionCookie } from "@/tests/support/fixtures/people";
import { inRequest } from "@/tests/support/request-scope";
import { testBucket, testDatabase } from "@/tests/support/services/services";

process.env.ATOLL_URL = "https://photos.example.org";
await testDatabase();
await testBucket();
afterAll(stopQueue);

const root = path.resolve(import.meta.dirname, "../../..");
const own = "https://photos.example.org";
/** Headers that a request has which does not come from a page of this site. */
const foreign: [what: string, sent: Record<string, string>][] = [
  ["without an Origin", {}],
  ["from another site", { origin: "https://evil.example" }],
  ["from a sandboxed page", { origin: "null" }],
  ["by http instead of https", { origin: "http://photos.example.org" }],
  ["from another port", { origin: "https://photos.example.org:8443" }],
  ["from a host below", { origin: "https://evil.photos.example.org" }],
  ["from a host that begins alike", { origin: "https://photos.example.org.evil.example" }],
  ["with a forged X-Forwarded-Host", { origin: "https://evil.example", "x-forwarded-host": "evil.example" }],
  ["with a forged Host", { origin: "https://evil.example", host: "evil.example" }],
  ["with two origins", { origin: `${own}, https://evil.example` }],
  ["with a Referer alone", { referer: `${own}/sign-up` }],
];

function files(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter((file) => /\.tsx?$/.test(file)),
  );
}

let cookie: string;
let writer: string;
/** Tells whether anything was spent of the writer's budget since this was asked last. */
async function isSpent(): Promise<boolean> {
  const { count } = await db().budget.deleteMany({ where: { key: `writesOfUser ${writer}` } });
  return count > 0;
}
beforeAll(async () => {
  const viewer = await person("writer");
  writer = viewer.userId;
  cookie = Object.entries(await sessionCookie(viewer))
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
});

type Action = (...args: unknown[]) => Promise<ActionResult<unknown>>;

/** What a client can send as an argument in place of the one that TypeScript asks for (React's decodeReply). */
const cycle: Record<string, unknown> = {};
Object.assign(cycle, { cycle, list: [cycle] });
const oddities: unknown[] = [
  ...[undefined, null, Number.NaN, 7n, "", "\0", "\ud800", "x".repeat(100_000), [], {}, { toString: "reef" }, cycle],
  ...[["0f8fad5b-d9cb-469f-a165-70867728950e"], [["reef"]], new Map([["a", "b"]]), new FormData(), new Uint8Array(3)],
];

const isAction = (file: string) => /^\s*["']use server["']/m.test(readFileSync(path.join(root, file), "utf8"));
const found = files("app", "components", "lib").filter(isAction);

describe("a server action", () => {
  it("is in an actions.ts of lib", () => {
    expect(found).toContain("lib/auth/actions.ts");
    for (const file of found) expect(file).toMatch(/^lib\/([\w-]+\/)+actions\.ts$/);
  });

  it.each(found)(
    "of %s is refused from anywhere but a page of this site, before anything else, and spends a budget",
    async (file) => {
      const actions = Object.entries((await import(path.join(root, file))) as Record<string, Action>);
      expect(actions.length).toBeGreaterThan(0);
      for (const [name, action] of actions) {
        for (const [what, sent] of foreign) {
          const answer = await inRequest({ ...sent, cookie }, () => action({}, {}));
          expect(answer, `${name} ${what}`).toMatchObject({ ok: false, error: { code: "ORIGIN" } });
          expect(await isSpent()).toBe(false);
        }
        const answer = await inRequest({ origin: own, cookie }, () => action({}, {}));
        expect(answer, name).not.toMatchObject({ error: { code: "ORIGIN" } });
        expect(await isSpent(), name).toBe(true);
      }
    },
  );
});

describe("a server action with other arguments than it takes", () => {
  it.each(found)("of %s is refused by name: nothing is an internal error", async (file) => {
    const actions = Object.entries((await import(path.join(root, file))) as Record<string, Action>);
    for (const [name, action] of actions.filter(([, { length }]) => length > 0)) {
      const lists = oddities.flatMap((one) =>
        action.length > 1
          ? [
              [one, { name: "Reef" }],
              ["reef", one],
            ]
          : [[one]],
      );
      const answer = async (args: unknown[]) => [args, await inRequest({ origin: own, cookie }, () => action(...args))];
      for (const [args, given] of await Promise.all(lists.map(answer))) {
        expect(given, `${name} ${inspect(args)}`).toMatchObject({ ok: false });
        expect(given, `${name} ${inspect(args)}`).not.toMatchObject({ error: { code: "INTERNAL" } });
      }
      expect(await isSpent()).toBe(true);
    }
  });
});

type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

describe("a call of the API that changes something, with a cookie", () => {
  const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  const params = Promise.resolve({ slug: "reef", id, fileId: id });
  // `tests/unit/api/calls.test.ts` shows that no route file serves anything else.
  const writing = allCalls.filter(isWriting);

  it.each(writing.map((call) => [`${call.method} ${call.path}`, call] as const))(
    "%s is refused from anywhere but a page of this site, and spends a budget",
    async (_, { path: template, method }) => {
      const file = `app/api/v1${template.replaceAll(/\{(\w+)\}/g, "[$1]")}/route.ts`;
      const handle = ((await import(path.join(root, file))) as Record<string, Handler>)[method] as Handler;
      const answerTo = (sent: Record<string, string>) =>
        handle(new Request(`${own}/api/v1/x`, { method, headers: { ...sent, cookie }, body: "no JSON" }), { params });
      for (const [what, sent] of foreign) {
        const answer = await answerTo(sent);
        expect(answer.status, what).toBe(403);
        expect(await answer.json()).toMatchObject({ type: "urn:atoll:error:origin" });
      }
      expect(await isSpent()).toBe(false);
      expect((await answerTo({ origin: own })).status).not.toBe(403);
      expect(await isSpent()).toBe(true);
    },
  );
});

describe("the error of a wrong Origin", () => {
  const messageFor = (origin?: string) => {
    try {
      requireOwnOrigin(new Headers(origin === undefined ? {} : { origin }));
    } catch (error) {
      return (error as Error).message;
    }
    return null;
  };

  it("says what ATOLL_URL should be, and what is safe", () => {
    expect(messageFor(env().ATOLL_URL)).toBeNull();
    const message = messageFor("http://10.0.0.5:3000");
    expect(message).toContain("opened at http://10.0.0.5:3000, but this site is at https://photos.example.org");
    expect(message).toContain("ATOLL_URL=http://10.0.0.5:3000");
    expect(message).toContain("Nothing was changed.");
    expect(messageFor()).toContain("Send it from https://photos.example.org, with its Origin header.");
  });

  it("repeats no text of the client but an origin", () => {
    expect(messageFor("http://a.example/path?<script>")).not.toContain("script");
    expect(messageFor("https://user:secret@evil.example")).not.toContain("secret");
    expect(messageFor("not an origin, call +1 555")).not.toContain("555");
    expect(messageFor("data:text/html,<b>x")).not.toContain("<b>");
  });
});

describe("runAction", () => {
  const name = z.object({ name: z.string().min(3, "Too short") });
  const run = (value: string) =>
    inRequest({ origin: own }, () => runAction(async ({ kind }) => ({ kind, ...parseInput(name, { name: value }) })));

  it("returns the value, or the error with one issue per field", async () => {
    expect(await run("reef")).toEqual({ ok: true, value: { kind: "anonymous", name: "reef" } });
    expect(await run("r")).toEqual({
      ok: false,
      error: { code: "INVALID", message: "Too short", issues: [{ path: "name", message: "Too short" }] },
    });
  });

  it("is refused beyond the budget of the visitor's network", async () => {
    const { count } = budgets.callsOfVisitors;
    await spend(mintAnonymousViewer(), [{ budget: "callsOfVisitors", of: "unknown", cost: count - 10 }]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => run("reef")));
    const refused = answers.filter((answer) => !answer.ok && answer.error.code === "RATE_LIMITED");
    expect(refused.length).toBeGreaterThanOrEqual(1);
  });
});
