import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { mintAnonymousViewer } from "@/lib/auth/viewer";
import { health } from "@/lib/health/queries";
import { startQueue } from "@/lib/jobs/queue/queue";
import { closeStorage, storage } from "@/lib/storage/client";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
beforeAll(startQueue);
afterAll(() => closeStorage());

const viewer = mintAnonymousViewer();
const ok = { status: "ok", database: "ok", storage: "ok", queue: "ok" };

it("looks once a second, whatever the number of requests", async () => {
  let heads = 0;
  storage().client.middlewareStack.add((next) => (args) => {
    heads += 1;
    return next(args);
  });
  const now = vi.spyOn(performance, "now");
  const start = performance.now();
  for (const [second, looks] of [
    [0, 1],
    [0.999, 1],
    [1, 2],
    [1.5, 2],
  ] as const) {
    now.mockReturnValue(start + second * 1_000);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => health(viewer)));
    expect(answers.every((answer) => answer === answers[0])).toBe(true);
    expect(answers[0]).toEqual(ok);
    expect(heads).toBe(looks);
  }
  now.mockRestore();
});

it("sends nothing more to a storage that hangs", async () => {
  let requests = 0;
  const silent = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      requests += 1;
    });
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  closeStorage();
  process.env.S3_ENDPOINT = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  vi.resetModules();
  // The real ones, whose ends can be waited for: time may pass for the storage only.
  const others: Promise<unknown>[] = [];
  vi.doMock("@/lib/health/rows", async (original) => {
    const rows = await original<typeof import("@/lib/health/rows")>();
    const watched = (run: () => Promise<unknown>) => () => {
      const ended = run();
      others.push(ended);
      return ended;
    };
    return { queryDatabase: watched(rows.queryDatabase), queryQueue: watched(rows.queryQueue) };
  });
  const { health: fresh } = await import("@/lib/health/queries");
  const { closeStorage: closeFresh } = await import("@/lib/storage/client");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const start = performance.now();
  const now = vi.spyOn(performance, "now");
  const answers = [0, 2_000, 4_000].map((after) => {
    now.mockReturnValue(start + after);
    return fresh(viewer);
  });
  now.mockRestore();
  while (requests === 0) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all(others);
  // What follows from their ends has happened when the next turn begins: only the storage is late when its time is over.
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(3_000);
  vi.useRealTimers();
  vi.doUnmock("@/lib/health/rows");
  for (const answer of await Promise.all(answers)) expect(answer).toEqual({ ...ok, status: "down", storage: "down" });
  expect(requests).toBe(1);
  closeFresh();
  silent.close();
});
