import "server-only";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Job, JobWithMetadata } from "pg-boss";
import { type Logger, pino } from "pino";
import { mintSystemViewer } from "@/lib/auth/viewer";
import { stopDecoders, warmDecoders } from "@/lib/derive/decoder";
import { createBoss, type DeriveJob, queueNames, type ReapJob, startBoss, type UndoJob, type VerifyJob } from "./boss";
import {
  each,
  handleDerive,
  handleDeriveFailed,
  handleReap,
  handleUndo,
  handleVerify,
  type JobContext,
} from "./handlers";
import { sweep } from "./sweep";
import { throttle } from "./throttle";

export type WorkerOptions = {
  logger?: Logger;
  /** Number of pictures decoded in parallel, each in its own process. Default: one per core, at most four. */
  concurrency?: number;
  sweepIntervalSeconds?: number;
  /** How long `stop` waits for running jobs. Unfinished ones are retried by any worker. */
  stopTimeoutSeconds?: number;
};
export type RunningWorker = { stop(): Promise<void> };

type Report = (error: Error) => void;

const reconnectMilliseconds = 2_000;

/**
 * Runs the jobs of the queue until stopped. Waits while the database is unreachable, at the start and later. Resolves when
 * connected or when the first attempt to connect failed; then it keeps retrying in the background.
 */
export async function startWorker(options: WorkerOptions = {}): Promise<RunningWorker> {
  const log = options.logger ?? pino({ name: "worker" });
  const stopping = new AbortController();
  const throttled = throttle();
  const report: Report = (error) => throttled(error.message, () => log.error({ reason: error.message }, "queue error"));
  const first = await connect(options, log, report);
  const running = first ? Promise.resolve(first) : reconnect(options, log, report, stopping.signal);
  const done = running.then((context) => context && sweepUntilStopped(context, options, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await done;
      const timeout = (options.stopTimeoutSeconds ?? 20) * 1_000;
      await (await running)?.boss.stop({ graceful: true, timeout });
      stopDecoders();
    },
  };
}

async function reconnect(
  options: WorkerOptions,
  log: Logger,
  report: Report,
  signal: AbortSignal,
): Promise<JobContext | undefined> {
  while (!signal.aborted) {
    await pause(reconnectMilliseconds, signal);
    const context = signal.aborted ? undefined : await connect(options, log, report);
    if (context) return context;
  }
  return undefined;
}

/** Connects and starts running jobs. Returns undefined when the database cannot be reached. */
async function connect(options: WorkerOptions, log: Logger, report: Report): Promise<JobContext | undefined> {
  const supervision = { superviseIntervalSeconds: 5, monitorIntervalSeconds: 5 };
  const boss = createBoss({ max: 6, useListenNotify: true, ...supervision }, report);
  boss.on("warning", (warning) => log.warn(warning, "queue warning"));
  try {
    await startBoss(boss);
    const context: JobContext = { boss, viewer: mintSystemViewer("worker"), log };
    await work(context, options.concurrency ?? Math.min(4, availableParallelism()));
    log.info("worker started");
    return context;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // A partly started instance would keep running beside the one of the next attempt.
    await boss.stop({ graceful: false }).catch(() => undefined);
    report(new Error(`the worker is waiting for the database: ${reason}`, { cause: error }));
    return undefined;
  }
}

// NOTIFY starts a job within milliseconds. Polling finds retries that have become due, and all jobs where a connection
// pooler does not pass on notifications.
const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 2, perJobResults: true } as const;
// pg-boss fetches the next batch without a pause only after a full batch of at least two jobs.
const batches = { ...polling, batchSize: 2, burstWhenBatchFull: true } as const;

async function work(context: JobContext, concurrency: number): Promise<void> {
  const { boss } = context;
  warmDecoders(concurrency);
  for (const [queue, localConcurrency] of [
    [queueNames.verify, 2],
    [queueNames.verifyLarge, 1],
  ] as const) {
    await boss.work<VerifyJob>(
      queue,
      { ...polling, localConcurrency },
      each(context, ({ data }: Job<VerifyJob>) => handleVerify(context, data.uploadId)),
    );
  }
  await boss.work<ReapJob>(
    queueNames.reap,
    polling,
    each(context, ({ data }: Job<ReapJob>) => handleReap(context, data.uploadId)),
  );
  await boss.work<UndoJob>(
    queueNames.undo,
    polling,
    each(context, ({ data }: Job<UndoJob>) => handleUndo(context, data.uploadId)),
  );
  await boss.work<DeriveJob>(
    queueNames.derive,
    { ...batches, localConcurrency: concurrency },
    each(context, ({ data }: Job<DeriveJob>) => handleDerive(context, data.revisionId)),
  );
  await boss.work(
    queueNames.deriveFailed,
    { ...batches, includeMetadata: true },
    each(context, (job: JobWithMetadata<DeriveJob>) => handleDeriveFailed(context, job)),
  );
}

async function sweepUntilStopped(context: JobContext, options: WorkerOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep(context);
    await pause((options.sweepIntervalSeconds ?? 60) * 1_000, signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined); // On abort the loop ends by its own condition.
}
