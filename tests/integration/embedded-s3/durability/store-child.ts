import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout } from "node:timers/promises";
import type { KillPoint, StartOrder } from "./store-process";

/**
 * The store in a process of its own, to be killed. It loads first and starts when it gets its order, so that a test can have
 * the next one ready while it kills this one. Prints one line of JSON for each thing that happens.
 */
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Ends this process as kill -9 does, right before or after the count-th call of a function of the file system. */
function dieAt({ when, call, count }: KillPoint): void {
  const original = fs.promises[call] as (...given: unknown[]) => Promise<unknown>;
  let left = count;
  const replaced = async (...given: unknown[]) => {
    const isLast = --left === 0;
    if (isLast && when === "before") process.kill(process.pid, "SIGKILL");
    const result = await original(...given);
    if (isLast) process.kill(process.pid, "SIGKILL");
    return result;
  };
  Object.assign(fs.promises, { [call]: replaced });
  syncBuiltinESMExports();
}

/** Simulates a slow disk: one write after the other, each of that duration. */
async function slowDown(folder: string, milliseconds: number): Promise<void> {
  const handle = await fs.promises.open(folder, "r");
  const prototype = Object.getPrototypeOf(handle) as { writev(...given: unknown[]): Promise<unknown> };
  await handle.close();
  const { writev } = prototype;
  let previous: Promise<unknown> = Promise.resolve();
  prototype.writev = async function (...given) {
    previous = previous.then(() => setTimeout(milliseconds));
    await previous;
    return writev.apply(this, given);
  };
}

const { startS3 } = await import("@/lib/embedded/s3/server");
say({ event: "loaded" });
process.stdin.once("data", async (line: Buffer) => {
  const order = JSON.parse(line.toString()) as StartOrder;
  if (order.dieAt) dieAt(order.dieAt);
  if (order.slowWritesMs) await slowDown(".", order.slowWritesMs);
  const logger = { info: () => {}, warn: logged, error: logged };
  const store = await startS3({ dataDir: order.dataDir, users: [order.user], logger });
  say({ event: "ready", endpoint: store.endpoint });
  process.on("SIGTERM", () => {
    say({ event: "stopping" });
    store.stop().then(() => process.exit(0));
  });
  await store.swept;
  say({ event: "swept" });
});

function logged(fields: object, message: string): void {
  const { err } = fields as { err?: unknown };
  process.stderr.write(`${message} ${err instanceof Error ? err.stack : JSON.stringify(fields)}\n`);
}
