import { describe, expect, it } from "vitest";
import { mintAnonymousViewer, mintSystemViewer } from "@/lib/auth/viewer";
import { deleteWholeBudgets, refund, spend, spendCall } from "@/lib/budget/commands";
import { budgets, type Charge, formCost } from "@/lib/budget/policy";
import { db, Prisma } from "@/lib/db";
import { longTransaction } from "@/lib/locks";
import { person } from "@/tests/support/fixtures/people";
import { testDatabase } from "@/tests/support/services/services";
import { until } from "@/tests/support/until";

await testDatabase();

const visitor = mintAnonymousViewer({ ipAddress: "203.0.113.1" });
const worker = mintSystemViewer("worker");
const { signInsFromDevice: device } = budgets;
const fromDevice = (of: string, cost?: number): Charge => ({
  budget: "signInsFromDevice",
  of,
  ...(cost !== undefined && { cost }),
});
const spends = async (charges: Charge[]) => (await Promise.allSettled([spend(visitor, charges)]))[0].status;
/** Lets time pass for one row: the clock is the database's. */
const age = (key: string, seconds: number) =>
  db().$executeRaw`UPDATE budget SET spent_until = spent_until - make_interval(secs => ${seconds}) WHERE key = ${key}`;

describe("a budget", () => {
  it("is spent as often as it says, however many ask at once", async () => {
    const calls = await Promise.allSettled(
      Array.from({ length: device.count + 20 }, () => spend(visitor, [fromDevice("at once")])),
    );
    expect(calls.filter(({ status }) => status === "fulfilled")).toHaveLength(device.count);
    for (const call of calls)
      if (call.status === "rejected") expect(call.reason).toMatchObject({ code: "RATE_LIMITED" });
    expect(await db().budget.count({ where: { key: { contains: "at once" } } })).toBe(1);
  });

  it("says what is left, and when to come again", async () => {
    const each = device.windowSeconds / device.count;
    const [first] = await spend(visitor, [fromDevice("told", 4)]);
    expect(first).toEqual({ budget: "signInsFromDevice", remaining: device.count - 4, resetSeconds: 4 * each });
    const [last] = await spend(visitor, [fromDevice("told", 6)]);
    expect(last).toMatchObject({ remaining: 0 });
    const refused = await spend(visitor, [fromDevice("told")]).catch((error: unknown) => error);
    const { retryAfterSeconds = 0, message } = refused as { retryAfterSeconds: number; message: string };
    expect(retryAfterSeconds).toBeGreaterThan(each - 5);
    expect(retryAfterSeconds).toBeLessThanOrEqual(each);
    expect(message).toMatch(/^Too many failed sign-in attempts\. Try again in \d+ (seconds|minutes)\.$/);
  });

  it("names the budget that lacks room, also where it is the last and lacks less than a second", async () => {
    const calls = { budget: "callsOfVisitors", of: "tied" } as const;
    await spend(visitor, [calls]);
    // A charge costs a second, which may pass before the call: then it is made empty again.
    await until(async () => {
      const { windowSeconds } = budgets.callsOfVisitors;
      await db()
        .$executeRaw`UPDATE budget SET spent_until = now() + make_interval(secs => ${windowSeconds}) WHERE key = 'callsOfVisitors tied'`;
      const refused = await spend(visitor, [fromDevice("tied"), calls]).catch((error: unknown) => error);
      expect(refused).toMatchObject({ message: expect.stringMatching(/^Too many attempts from this network\./) });
    });
  });

  it("grows back evenly by the database's clock: one charge after its share of the window, not more", async () => {
    await spend(visitor, [fromDevice("grows", device.count)]);
    expect(await spends([fromDevice("grows")])).toBe("rejected");
    await age("signInsFromDevice grows", device.windowSeconds / device.count);
    expect(await spends([fromDevice("grows")])).toBe("fulfilled");
    expect(await spends([fromDevice("grows")])).toBe("rejected");
    // What was not used for a year is worth one window.
    await age("signInsFromDevice grows", 365 * 24 * 60 * 60);
    expect(await spends([fromDevice("grows", device.count + 1)])).toBe("rejected");
    expect(await spends([fromDevice("grows", device.count)])).toBe("fulfilled");
  });

  it("is not touched where another one of the same call is spent", async () => {
    await spend(visitor, [fromDevice("empty", device.count)]);
    expect(await spends([fromDevice("full"), fromDevice("empty")])).toBe("rejected");
    expect(await db().budget.count({ where: { key: { contains: "full" } } })).toBe(0);
    expect(await spends([fromDevice("full", device.count)])).toBe("fulfilled");
  });

  it("is given back, and never holds more than it can", async () => {
    await spend(visitor, [fromDevice("back", device.count)]);
    await refund(visitor, [fromDevice("back", 3)]);
    expect(await spends([fromDevice("back", 3)])).toBe("fulfilled");
    expect(await spends([fromDevice("back")])).toBe("rejected");
    await refund(visitor, [fromDevice("back", 10 * device.count), fromDevice("never spent")]);
    expect(await spends([fromDevice("back", device.count + 1)])).toBe("rejected");
    expect(await spends([fromDevice("back", device.count)])).toBe("fulfilled");
  });

  it("leaves no row once it is whole again", async () => {
    await db().budget.deleteMany();
    const many = Array.from({ length: 2_500 }, (_, index) => ({ key: `old ${index}`, spentUntil: new Date(0) }));
    await db().budget.createMany({ data: many });
    await spend(visitor, [fromDevice("recent")]);
    expect(await deleteWholeBudgets(worker)).toBe(2_500);
    expect(await db().budget.findMany({ select: { key: true } })).toEqual([{ key: "signInsFromDevice recent" }]);
  });

  const pair = [fromDevice("left", 0), fromDevice("right", 0)];
  const back = [...pair].reverse();
  const spending = (charges: Charge[]) => spend(visitor, charges);
  const giving = (charges: Charge[]) => refund(visitor, charges);
  const waiting = async () => {
    const where = Prisma.sql`datname = current_database() AND wait_event_type = 'Lock'`;
    const [row] = await db().$queryRaw<{ count: number }[]>`SELECT count(*)::int FROM pg_stat_activity WHERE ${where}`;
    return row?.count;
  };

  it.each([
    ["spending and giving back", spending, giving],
    ["giving back and spending", giving, spending],
    ["spending twice", spending, spending],
    ["giving back twice", giving, giving],
  ])("is never waited for in a circle: %s, in whatever order", async (_, first, second) => {
    await spend(visitor, pair);
    // Both wait for the row whose key is the last. Who took that one first would wait for the other row in turn.
    const calls = await db().$transaction(async (tx) => {
      await tx.$queryRaw`SELECT key FROM budget WHERE key = 'signInsFromDevice right' FOR UPDATE`;
      const earlier = first(back);
      await until(async () => expect(await waiting()).toBe(1));
      const later = second(pair);
      await until(async () => expect(await waiting()).toBe(2));
      return [earlier, later];
    }, longTransaction);
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });
});

describe("a call", () => {
  const rows = async () => {
    const all = await db().budget.findMany({ orderBy: { key: "asc" }, select: { key: true } });
    await db().budget.deleteMany();
    return all.map(({ key }) => key);
  };

  it("of a signed-in user is counted by user and network, of a visitor by network, of the worker not at all", async () => {
    await db().budget.deleteMany();
    const { userId } = await person("caller");
    await spendCall({ kind: "user", userId, name: "caller", ipAddress: "2001:db8:1:2:3::4" });
    expect(await rows()).toEqual(["writesFromNetwork 2001:db8:1:2::/64", `writesOfUser ${userId}`]);
    await spendCall(visitor);
    expect(await rows()).toEqual(["callsOfVisitors 203.0.113.1"]);
    await spendCall(worker);
    expect(await rows()).toEqual([]);
  });

  it("from an address that is not known shares one budget with all such calls", async () => {
    for (let call = 0; call < 3; call += 1) await spendCall(mintAnonymousViewer());
    expect(await rows()).toEqual(["callsOfVisitors unknown"]);
  });

  it("by a form weighs more than one of the uploader", async () => {
    const user = { kind: "user", userId: "somebody", name: "somebody", ipAddress: "203.0.113.2" } as const;
    const [one] = await spendCall(user);
    const [form] = await spendCall(user, formCost);
    expect((one?.remaining ?? 0) - (form?.remaining ?? 0)).toBeGreaterThanOrEqual(formCost - 1);
  });
});
