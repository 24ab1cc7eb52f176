import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import path from "node:path";
import { pino } from "pino";
import { expect } from "vitest";
import { db } from "@/lib/db";
import * as queue from "@/lib/jobs/queue/queue";
import { type RunningWorker, startWorker, type WorkerOptions } from "@/lib/jobs/worker";

export const quiet = pino({ level: "silent" });

/** A logger that prints nothing, and a promise of its first line with this message. */
function loggerUntil(message: string) {
  const stream = new EventEmitter();
  const write = (line: string) => JSON.parse(line).msg === message && stream.emit("logged");
  return { logger: pino({ level: "debug" }, { write }), logged: once(stream, "logged") };
}

/**
 * Runs with a worker in this process: one picture at once unless asked for more, as each decoder takes a while to start. The
 * sweep of its start is over then, and another one only comes if asked for: nothing hides a job that was not sent, and nothing
 * takes up a picture before the test is ready.
 */
export async function withWorker<T>(options: Omit<WorkerOptions, "logger">, run: () => Promise<T>): Promise<T> {
  const worker = await startSwept(options);
  try {
    return await run();
  } finally {
    await worker.stop();
  }
}

/** Starts a worker as `withWorker` does, for tests that share it. */
export async function startSwept(options: Omit<WorkerOptions, "logger">): Promise<RunningWorker> {
  const { logger, logged: swept } = loggerUntil("sweep finished");
  const worker = await startWorker({
    logger,
    concurrency: 1,
    sweepIntervalSeconds: 3_600,
    pollIntervalSeconds: 0.5,
    ...options,
  });
  await swept;
  return worker;
}

const script = path.join(import.meta.dirname, "worker-process.ts");

export type WorkerProcess = { child: ChildProcess; output: () => string; ended: Promise<number | string | null> };

/** A worker in a process of its own, to be killed. */
export function spawnWorker(options: Omit<WorkerOptions, "logger">, databaseUrl: string): WorkerProcess {
  const args = ["--conditions=react-server", "--import", "tsx", script, JSON.stringify(options)];
  const child = spawn(process.execPath, args, {
    cwd: path.resolve(import.meta.dirname, "../../.."),
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise<number | string | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  return { child, output: () => output, ended };
}

/** Queues the verification of an upload as its sealing does. */
export async function sendVerify(uploadId: string): Promise<void> {
  const { createdById } = await db().upload.findUniqueOrThrow({ where: { id: uploadId } });
  await queue.sendVerify({ id: uploadId, isLarge: false, personId: createdById });
}

/** Queues revisions as their verification does, each with the priority of its turn in its window, as of the person who uploaded it. */
export async function sendDerive(ids: string[]): Promise<void> {
  const revisions = await db().revision.findMany({
    where: { id: { in: ids } },
    select: { id: true, deriveOrder: true, upload: { select: { createdById: true } } },
  });
  await queue.sendDerive(
    revisions.map(({ id, deriveOrder, upload }) => ({
      id,
      priority: -Number(deriveOrder % 2n ** 30n),
      personId: upload.createdById,
    })),
  );
}

type JobRow = { name: string; state: string; singleton_key: string; retry_count: number; priority: number };

export function jobs(): Promise<JobRow[]> {
  return db().$queryRaw<
    JobRow[]
  >`SELECT name, state::text, singleton_key, retry_count, priority FROM pgboss.job WHERE name NOT LIKE '\\_%'`;
}

/** Settings for jobs sent from now on, so that tests need not wait as long as life does. */
export async function hurryQueue(
  name: string,
  settings: { heartbeatSeconds?: number; retryLimit?: number },
): Promise<void> {
  const { heartbeatSeconds = null, retryLimit = null } = settings;
  await db().$executeRaw`
    UPDATE pgboss.queue SET heartbeat_seconds = coalesce(${heartbeatSeconds}::int, heartbeat_seconds),
      retry_limit = coalesce(${retryLimit}::int, retry_limit) WHERE name = ${name}`;
}

export async function pendingCount(uploadId?: string): Promise<number> {
  return db().revision.count({ where: { state: "pending", ...(uploadId ? { uploadId } : {}) } });
}

/** Waits until an upload is verified and each of its revisions is in a final state. */
export async function untilFinal(uploadId: string): Promise<void> {
  const left = async () => {
    const { state } = await db().upload.findUniqueOrThrow({ where: { id: uploadId }, select: { state: true } });
    return { state, pending: await pendingCount(uploadId) };
  };
  await expect.poll(left, { interval: 50 }).toEqual({ state: "verified", pending: 0 });
}

/** A way to the database that can be cut and mended. */
export async function databaseGate(url: string): Promise<{ url: string; shut(): void; open(): void; close(): void }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server = net.createServer((inner) => {
    if (!isOpen) return void inner.destroy();
    const outer = net.connect(Number(port || 5432), hostname);
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const gated = new URL(url);
  gated.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shut = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: gated.href,
    shut,
    open: () => {
      isOpen = true;
    },
    close: () => {
      shut();
      server.close();
    },
  };
}
