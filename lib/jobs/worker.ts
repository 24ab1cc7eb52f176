import "server-only";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Job, JobWithMetadata } from "pg-boss";
import type { Logger } from "pino";
import { mintSystemViewer } from "@/lib/auth/viewer";
import { stopDecoders } from "@/lib/derive/decoder/decoder";
import { DeriveWorkers } from "./derive-workers";
import { createDuty, type Duty } from "./duty";
import {
  each,
  handleDeriveFailed,
  handleMail,
  handleMeasure,
  handleReap,
  handleUndo,
  handleVerify,
  type JobContext,
} from "./handlers";
import {
  createBoss,
  type DeriveJob,
  type MailJob,
  type MeasureJob,
  queueNames,
  type ReapJob,
  startBoss,
  type UndoJob,
  type VerifyJob,
} from "./queue/boss";
import { sweep } from "./sweep";
import { throttle } from "./throttle";

export type WorkerOptions = {
  logger: Logger;
  /** Number of pictures decoded in parallel, each in its own process. Default: one per core, at most four. */
  concurrency?: number;
  sweepIntervalSeconds?: number;
  /** Seconds between polls for retries that have become due. 2 by default, at least 0.5. */
  pollIntervalSeconds?: number;
  /** How long running jobs may take to finish at a stop, 20 by default; the others go back into the queue. */
  stopTimeoutSeconds?: number;
};
export type RunningWorker = { stop(): Promise<void> };

type Report = (error: Error) => void;
type Connected = JobContext & {
  duty: Duty;
  /** Takes no more jobs and resolves when those under way have ended. */
  finish(): Promise<void>;
};

const reconnectMilliseconds = 2_000;
/** Between looks at a bucket that this database does not own. */
const idleSeconds = 10;

/**
 * Runs the jobs of the queue until stopped. Waits while the database is unreachable, at the start and later. Resolves when
 * connected or when the first attempt to connect failed; then it keeps retrying in the background.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { logger: log } = options;
  const stopping = new AbortController();
  const throttled = throttle();
  const report: Report = (error) => throttled(error.message, () => log.error({ reason: error.message }, "queue error"));
  const first = await connect(options, log, report);
  const running = first ? Promise.resolve(first) : reconnect(options, log, report, stopping.signal);
  const done = running.then((connected) => connected && sweepUntilStopped(connected, options, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      const deadline = new AbortController();
      const finished = Promise.all([done, running.then((connected) => connected?.finish())]);
      const timeout = pause((options.stopTimeoutSeconds ?? 20) * 1_000, deadline.signal);
      await Promise.race([finished, timeout]).finally(() => deadline.abort());
      // Fails the jobs that still run, which puts them back into the queue.
      await (await running)?.boss.stop({ graceful: false });
      stopDecoders();
    },
  };
}

/** Takes no more jobs and resolves when those under way have ended. `boss.stop` would look only twice a second. */
async function finishJobs({ boss }: JobContext): Promise<void> {
  await Promise.all(Object.values(queueNames).map((name) => boss.offWork(name)));
}

async function reconnect(
  options: WorkerOptions,
  log: Logger,
  report: Report,
  signal: AbortSignal,
): Promise<Connected | undefined> {
  while (!signal.aborted) {
    await pause(reconnectMilliseconds, signal);
    const connected = signal.aborted ? undefined : await connect(options, log, report);
    if (connected) return connected;
  }
  return undefined;
}

/** Connects and starts running jobs. Returns undefined when the database cannot be reached. */
async function connect(options: WorkerOptions, log: Logger, report: Report): Promise<Connected | undefined> {
  const supervision = { superviseIntervalSeconds: 5, monitorIntervalSeconds: 5 };
  const boss = createBoss({ max: 6, useListenNotify: true, ...supervision }, report);
  boss.on("warning", (warning) => log.warn(warning, "queue warning"));
  try {
    await startBoss(boss);
    const context: JobContext = { boss, viewer: mintSystemViewer("worker"), log };
    let derive: DeriveWorkers | undefined;
    const start = async () => {
      derive = await work(context, options);
    };
    const finish = async () => {
      derive?.stop();
      await finishJobs(context);
    };
    const duty = createDuty({ viewer: context.viewer, log, start, stop: finish });
    await duty.check();
    log.info("worker started");
    return { ...context, duty, finish };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // A partly started instance would run in parallel with the next attempt's.
    await boss.stop({ graceful: false }).catch(() => undefined);
    report(new Error(`the worker is waiting for the database: ${reason}`, { cause: error }));
    return undefined;
  }
}

async function work(context: JobContext, options: WorkerOptions): Promise<DeriveWorkers> {
  const { boss } = context;
  // NOTIFY starts a job within milliseconds; polling works alone where a pooler stands in between.
  const notifyPollingIntervalSeconds = options.pollIntervalSeconds ?? 2;
  const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds, perJobResults: true } as const;
  // pg-boss fetches on without a pause only after full batches of more than one.
  const batches = { ...polling, batchSize: 2, burstWhenBatchFull: true } as const;
  for (const [queue, perPerson] of [
    [queueNames.verify, 2],
    [queueNames.verifyLarge, 1],
  ] as const) {
    await boss.work<VerifyJob>(
      queue,
      { ...polling, localConcurrency: perPerson + 1, localGroupConcurrency: perPerson },
      each(context, ({ data }: Job<VerifyJob>) => handleVerify(context, data.uploadId)),
    );
  }
  await boss.work<ReapJob>(
    queueNames.reap,
    polling,
    each(context, ({ data }: Job<ReapJob>) => handleReap(context, data.uploadId)),
  );
  await boss.work<MeasureJob>(
    queueNames.measure,
    polling,
    each(context, ({ data }: Job<MeasureJob>) => handleMeasure(context, data.uploadId)),
  );
  await boss.work<UndoJob>(
    queueNames.undo,
    polling,
    each(context, ({ data }: Job<UndoJob>) => handleUndo(context, data.uploadId)),
  );
  await boss.work<MailJob>(
    queueNames.mail,
    polling,
    each(context, ({ data }: Job<MailJob>) => handleMail(context, data.invitationId)),
  );
  const derive = new DeriveWorkers(context, polling, options.concurrency ?? Math.min(4, availableParallelism()));
  await derive.start();
  await boss.work(
    queueNames.deriveFailed,
    { ...batches, includeMetadata: true },
    each(context, (job: JobWithMetadata<DeriveJob>) => handleDeriveFailed(context, job)),
  );
  return derive;
}

async function sweepUntilStopped(context: Connected, options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const intervalSeconds = options.sweepIntervalSeconds ?? 60;
  while (!signal.aborted) {
    const takesJobs = await context.duty.check().catch((error: Error) => {
      context.log.error({ reason: error.message }, "jobs could not be started or stopped");
      return false;
    });
    if (takesJobs) await sweep(context, signal);
    context.log.debug("sweep finished");
    await pause((takesJobs ? intervalSeconds : Math.min(intervalSeconds, idleSeconds)) * 1_000, signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined); // On abort the loop ends by its own condition.
}
