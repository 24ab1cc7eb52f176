import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POST as open } from "@/app/api/v1/collections/[slug]/uploads/route";
import { POST as renew } from "@/app/api/v1/uploads/[id]/policy/route";
import { PATCH } from "@/app/api/v1/uploads/[id]/route";
import type { UserViewer } from "@/lib/auth/viewer";
import { budgets } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { openUpload } from "@/lib/upload/commands";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { sessionCookie } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
let id: string;
let cookie: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  ({ id } = await openUpload(owner, { collectionSlug: slug }));
  cookie = Object.entries(await sessionCookie(owner))
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
});

const asked = (method: string, given: Record<string, string>, body: string | null = "no JSON") => {
  const headers = { "content-type": "application/json", ...given };
  return new Request(`${env().ATOLL_URL}/api/v1/uploads`, { method, headers, body });
};

/** The answer to each kind of writing call. */
function answersTo(headers: Record<string, string>): Promise<Response[]> {
  return Promise.all([
    open(asked("POST", headers), { params: Promise.resolve({ slug }) }),
    renew(asked("POST", headers, null), { params: Promise.resolve({ id }) }),
    PATCH(asked("PATCH", headers), { params: Promise.resolve({ id }) }),
  ]);
}

async function statuses(headers: Record<string, string>): Promise<number[]> {
  return (await answersTo(headers)).map(({ status }) => status);
}

describe("a call that changes something", () => {
  it("without credentials is 401, whatever its body and origin", async () => {
    expect(await statuses({})).toEqual([401, 401, 401]);
    expect(await statuses({ origin: env().ATOLL_URL })).toEqual([401, 401, 401]);
    expect(await statuses({ cookie: "next-auth.session-token=stale" })).toEqual([401, 401, 401]);
  });

  it("with an invalid token is 401, without a check of Origin", async () => {
    expect(await statuses({ authorization: "Bearer atoll_nobody" })).toEqual([401, 401, 401]);
  });

  it("with a cookie must come from this site", async () => {
    expect(await statuses({ cookie })).toEqual([403, 403, 403]);
    expect(await statuses({ cookie, origin: "https://elsewhere.example" })).toEqual([403, 403, 403]);
    expect(await statuses({ cookie, origin: env().ATOLL_URL })).toEqual([400, 200, 400]);
  });

  it("beyond the budget of its person is 429 and says when to come again, for all ways of writing at once", async () => {
    // A minute more than it can hold, which grows back while the test runs.
    const { windowSeconds } = budgets.writesOfUser;
    const spentUntil = new Date(Date.now() + (windowSeconds + 60) * 1_000);
    const key = `writesOfUser ${owner.userId}`;
    await db().budget.upsert({ where: { key }, create: { key, spentUntil }, update: { spentUntil } });
    const answers = await answersTo({ cookie, origin: env().ATOLL_URL });
    for (const answer of answers) {
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ type: "urn:atoll:error:rate-limited" });
    }
  });
});
