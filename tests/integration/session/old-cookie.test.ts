import { randomUUID } from "node:crypto";
import { encode } from "next-auth/jwt";
import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import { GET as list } from "@/app/api/v1/account/sessions/route";
import { POST as open } from "@/app/api/v1/collections/[slug]/uploads/route";
import { deviceOf } from "@/lib/auth/device";
import { startSession } from "@/lib/auth/live-session";
import { handleAuth } from "@/lib/auth/next-auth/route";
import { sessionPolicy } from "@/lib/auth/policy";
import { viewerOf, viewerOfCookies } from "@/lib/auth/session";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { deleteEndedSessions, endOtherSessions, endSession } from "@/lib/session/commands";
import { disableUser, enableUser, setPassword } from "@/lib/user/commands";
import { TestBrowser } from "../../support/browser";
import { disable, person, sessionCookie, signedInViewer } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

await testDatabase();

const name = "next-auth.session-token";
const system = mintSystemViewer("cli");
type Jar = Record<string, string>;

/** The same cookie as next-auth stores a long one: in parts. */
function inParts(jar: Jar): Jar {
  const token = jar[name] ?? "";
  return { [`${name}.0`]: token.slice(0, 100), [`${name}.1`]: token.slice(100) };
}

function request(jar: Jar, method = "GET", path = "/api/v1/account/sessions"): Request {
  const cookie = Object.entries(jar).map((pair) => pair.join("="));
  const headers = { cookie: cookie.join("; "), origin: env().ATOLL_URL, "content-type": "application/json" };
  return new Request(`${env().ATOLL_URL}${path}`, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) });
}

async function nextAuthSession(jar: Jar): Promise<{ session: object; cookies: string[] }> {
  const answer = await handleAuth(request(jar, "GET", "/api/auth/session"));
  return { session: (await answer.json()) as object, cookies: answer.headers.getSetCookie() };
}

function browserWith(jar: Jar): TestBrowser {
  const browser = new TestBrowser(handleAuth);
  for (const [cookie, value] of Object.entries(jar)) browser.cookies.set(cookie, value);
  return browser;
}

const removed = (lines: string[]) =>
  lines.filter((line) => /max-age=0/i.test(line)).map((line) => line.split("=")[0] ?? "");

/** Whether each kind of entry takes the cookie for a signed-in user's. Pages and actions ask `viewerOfCookies`, too. */
async function entries(jar: Jar) {
  const [viewer, read, write, { session }] = await Promise.all([
    viewerOfCookies(jar),
    list(request(jar)),
    open(request(jar, "POST"), { params: Promise.resolve({ slug: "nowhere" }) }),
    nextAuthSession(jar),
  ]);
  return { viewer: viewer.kind, read: read.status, write: write.status, nextAuth: "user" in session };
}
const alive = { viewer: "user", read: 200, write: 404, nextAuth: true };
const dead = { viewer: "anonymous", read: 401, write: 401, nextAuth: false };

const emailOf = async ({ userId }: UserViewer) => (await db().user.findUniqueOrThrow({ where: { id: userId } })).email;

/** Moves the times of the person's sessions back, as if so long had passed. */
async function passed(column: "created_at" | "last_seen_at", { userId }: UserViewer, seconds: number): Promise<void> {
  await db().$executeRawUnsafe(
    `UPDATE session SET ${column} = now() - make_interval(secs => $1) WHERE user_id = $2::uuid`,
    seconds,
    userId,
  );
}

const { maxAgeSeconds, maxIdleSeconds, seenEverySeconds, maxPerUser } = sessionPolicy;

/** All that ends a session, on the server's side alone: the cookie stays as it was. */
const ends: Record<string, (who: UserViewer, jar: Jar) => Promise<unknown>> = {
  "signing out": async (_, jar) => {
    const browser = browserWith(jar);
    const fields = { csrfToken: await browser.csrfToken(), json: "true" };
    expect((await browser.post("/api/auth/signout", fields)).status).toBe(200);
    expect([...browser.cookies.keys()].filter((cookie) => cookie.startsWith(name))).toEqual([]);
  },
  "the user ends it in another browser": async (who) => {
    const [first] = await db().session.findMany({ where: { userId: who.userId } });
    await endSession(await signedInViewer(who), first?.id ?? "");
  },
  "the user ends all others in another browser": async (who) =>
    endOtherSessions(await signedInViewer(who), deviceOf({})),
  "an operator sets the password": async (who) =>
    setPassword(system, { email: await emailOf(who), password: "three small words" }),
  "an operator disables the account": async (who) => disableUser(system, await emailOf(who)),
  "the account is disabled for a while": async (who) => {
    await disableUser(system, await emailOf(who));
    await enableUser(system, await emailOf(who));
  },
  "the account is marked as disabled and the row stays": disable,
  "the user's epoch is raised and the row stays": ({ userId }) =>
    db().user.update({ where: { id: userId }, data: { sessionEpoch: { increment: 1 } } }),
  "the user is deleted": ({ userId }) => db().user.delete({ where: { id: userId } }),
  "it was not used for 30 days": (who) => passed("last_seen_at", who, maxIdleSeconds + 1),
  "it was signed in 90 days ago, and used since": (who) => passed("created_at", who, maxAgeSeconds + 1),
  "its row is deleted": ({ userId }) => db().session.deleteMany({ where: { userId } }),
};

describe("an old cookie, whole and in parts,", () => {
  it.each(Object.keys(ends))("is dead on every entry after: %s", async (end) => {
    const who = await person("leaver");
    const whole = await sessionCookie(who);
    const jars = [whole, inParts(whole)];
    for (const jar of jars) expect(await entries(jar)).toEqual(alive);
    await ends[end]?.(who, inParts(whole));
    for (const jar of jars) {
      expect(await entries(jar)).toEqual(dead);
      expect(removed((await nextAuthSession(jar)).cookies)).toEqual(Object.keys(jar));
    }
  });
});

it("signing in again ends the session of the old cookie, and leaves no part of it behind", async () => {
  const who = await person("twice", "three small words");
  const jar = inParts(await sessionCookie(who));
  const browser = browserWith(jar);
  await browser.signIn(await emailOf(who), "three small words");
  expect(await entries(jar)).toEqual(dead);
  expect(await entries(Object.fromEntries(browser.cookies))).toEqual(alive);
  expect([...browser.cookies.keys()].filter((cookie) => cookie.startsWith(name))).toEqual([name]);
});

it("a cookie from before sessions were rows is signed out", async () => {
  const { userId } = await person("early");
  const secret = env().NEXTAUTH_SECRET;
  for (const token of [{ userId, sessionEpoch: 0 }, { sub: userId }, { sessionId: randomUUID() }, { sessionId: "x" }])
    expect(await entries({ [name]: await encode({ token, secret }) })).toEqual(dead);
  const stranger = await encode({ token: { sessionId: randomUUID() }, secret: "another secret of thirty-two bytes" });
  for (const token of [stranger, "garbage", "", "."]) expect(await entries({ [name]: token })).toEqual(dead);
});

describe("a session in use", () => {
  it("lives until just before its limits", async () => {
    const who = await person("faithful");
    const jar = await sessionCookie(who);
    await passed("created_at", who, maxAgeSeconds - 60);
    await passed("last_seen_at", who, maxIdleSeconds - 60);
    expect(await entries(jar)).toEqual(alive);
    // That use counts: it may be idle anew.
    await passed("created_at", who, 0);
    expect(await entries(jar)).toEqual(alive);
    const { lastSeenAt, createdAt } = await db().session.findFirstOrThrow({ where: { userId: who.userId } });
    expect(Math.abs(lastSeenAt.getTime() - createdAt.getTime())).toBeLessThan(60_000);
  });

  it("is not renewed by asking for it, and tells when it ends", async () => {
    const who = await person("asking");
    const jar = await sessionCookie(who);
    const { session, cookies } = await nextAuthSession(jar);
    expect(cookies.filter((line) => line.startsWith(name))).toEqual([]);
    const { createdAt, lastSeenAt } = await db().session.findFirstOrThrow({ where: { userId: who.userId } });
    expect(createdAt).toEqual(lastSeenAt);
    expect(session).toEqual({
      user: { id: who.userId, name: who.name, email: await emailOf(who) },
      expires: new Date(createdAt.getTime() + maxIdleSeconds * 1_000).toISOString(),
    });
  });

  it("is written to at most once in five minutes, and read once for a request", async () => {
    const who = await person("busy");
    const jar = await sessionCookie(who);
    const seen = async () => (await db().session.findFirstOrThrow({ where: { userId: who.userId } })).lastSeenAt;
    await passed("last_seen_at", who, seenEverySeconds - 60);
    const before = await seen();
    await entries(jar);
    expect(await seen()).toEqual(before);
    await passed("last_seen_at", who, seenEverySeconds + 60);
    const query = vi.spyOn(pg.Client.prototype, "query");
    const asked = request(jar);
    await Promise.all([viewerOf(asked), viewerOf(asked), viewerOf(asked)]);
    const statements = query.mock.calls.map(([statement]: unknown[]) => JSON.stringify(statement));
    query.mockRestore();
    expect(statements.filter((text) => /from \W+session\W/i.test(text))).toHaveLength(1);
    expect(statements.filter((text) => /update \W+session\W/i.test(text))).toHaveLength(1);
    expect((await seen()).getTime()).toBeGreaterThan(before.getTime());
  });
});

it("a user has at most 100 sessions: a further sign-in ends the one not used for longest", async () => {
  const who = await person("many");
  const { userId } = who;
  const [first, second] = [await sessionCookie(who), await sessionCookie(who)];
  await passed("last_seen_at", who, 3_600);
  expect(await entries(first)).toEqual(alive);
  await db().session.createMany({
    data: Array.from({ length: maxPerUser - 2 }, () => ({ userId, epoch: 0, device: "Script" })),
  });
  const last = await sessionCookie(who);
  expect(await db().session.count({ where: { userId } })).toBe(maxPerUser);
  expect([await entries(first), await entries(second), await entries(last)]).toEqual([alive, dead, alive]);
});

it("sign-ins that began before all sessions were ended start none", async () => {
  const who = await person("racing");
  const { userId } = who;
  const start = { userId, epoch: 0, origin: {}, device: "Slow browser", replaces: null };
  await endOtherSessions(await signedInViewer(who), deviceOf({}));
  expect(await startSession(start)).toBeNull();
  await disableUser(system, await emailOf(who));
  expect(await startSession({ ...start, epoch: 2 })).toBeNull();
  await enableUser(system, await emailOf(who));
  expect(await startSession({ ...start, epoch: 2 })).not.toBeNull();
});

it("the sweep deletes the rows of sessions that have ended by themselves, and no others", async () => {
  await db().session.deleteMany();
  const [idle, current] = [await person("idle"), await person("current")];
  for (const who of [idle, current]) await sessionCookie(who);
  await passed("last_seen_at", idle, maxIdleSeconds + 1);
  expect(await deleteEndedSessions(system)).toBe(1);
  expect(await db().session.findMany({ select: { userId: true } })).toEqual([{ userId: current.userId }]);
});
