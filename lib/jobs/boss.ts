import "server-only";
import { type ConstructorOptions, PgBoss, type QueueOptions } from "pg-boss";
import { env } from "@/lib/env";

export const queueNames = {
  verify: "verify",
  /** So that three uploads of hundreds of thousands of files do not keep one of forty pictures waiting. */
  verifyLarge: "verify-large",
  derive: "derive",
  deriveFailed: "derive-failed",
  reap: "reap",
  undo: "undo",
} as const;
export type VerifyJob = { uploadId: string };
export type UploadToVerify = { id: string; isLarge: boolean };
export type ReapJob = { uploadId: string };
export type UndoJob = { uploadId: string };
/** `rounds`: rounds of tries that failed for another cause than the file. `lost`: those of them whose worker died. */
export type DeriveJob = { revisionId: string; rounds?: number; lost?: number };

const common = {
  // One upload or revision is never queued, waiting for a retry and running at once: sending it again changes nothing.
  policy: "exclusive",
  notify: true,
  // A killed worker's job is taken up again this long after its last sign of life.
  heartbeatSeconds: 15,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  deleteAfterSeconds: 60 * 60,
} as const;

const firstPauseSeconds = 15;
const maxPauseSeconds = 600;
/** Lower than that of any job whose result people wait for. */
export const laterPriority = -1_000;

type QueueSettings = QueueOptions & { policy: "exclusive"; notify: boolean; deadLetter?: string };

const queues: [name: string, settings: QueueSettings][] = [
  // Verified uploads need no job; what fails for good is sent again by the sweep, as long as it is sealed.
  [queueNames.verify, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  [queueNames.verifyLarge, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // What is left over is found again by the sweep, until the prefix is clean.
  [queueNames.reap, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // An undoing or redoing with many files; the sweep finds those that are not through.
  [queueNames.undo, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  [queueNames.deriveFailed, { ...common, retryLimit: 10, expireInSeconds: 60 }],
  // A round of five tries within half a minute; then handleDeriveFailed decides whether there is another one.
  [queueNames.derive, { ...common, retryLimit: 4, expireInSeconds: 15 * 60, deadLetter: queueNames.deriveFailed }],
];

/** A pg-boss on our database, in a schema of its own. Its errors are events: without a listener they end the process. */
export function createBoss(options: ConstructorOptions, onError: (error: Error) => void): PgBoss {
  const boss = new PgBoss({
    connectionString: env().DATABASE_URL,
    connectionTimeoutMillis: 5_000,
    schema: "pgboss",
    application_name: "atoll-jobs",
    schedule: false,
    ...options,
  });
  boss.on("error", onError);
  return boss;
}

/** Starts it, its schema and queues made or brought to these settings; on failure nothing of it stays open. */
export async function startBoss(boss: PgBoss): Promise<void> {
  try {
    await boss.start();
    for (const [name, settings] of queues) {
      await boss.createQueue(name, settings);
      const { policy: _fixed, ...changeable } = settings;
      await boss.updateQueue(name, changeable);
    }
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined); // The first error says what is wrong.
    throw error;
  }
}

export async function insertVerify(boss: PgBoss, uploads: UploadToVerify[]): Promise<void> {
  for (const name of [queueNames.verify, queueNames.verifyLarge]) {
    const these = uploads.filter(({ isLarge }) => isLarge === (name === queueNames.verifyLarge));
    await insert(
      boss,
      name,
      these.map(({ id }) => id),
      (uploadId): VerifyJob => ({ uploadId }),
    );
  }
}

/** Queues the removal of what ended uploads left, with the lowest priority. */
export async function insertReap(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.reap, uploadIds, (uploadId): ReapJob => ({ uploadId }), laterPriority);
}

export async function insertUndo(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.undo, uploadIds, (uploadId): UndoJob => ({ uploadId }));
}

/** `priority` ≤ 0: higher ones run first. */
export async function insertDerive(boss: PgBoss, revisionIds: string[], priority = 0): Promise<void> {
  await insert(boss, queueNames.derive, revisionIds, (revisionId): DeriveJob => ({ revisionId }), priority);
}

/**
 * The next round of tries, later. While it waits the revision counts as queued: a sweep adds nothing, so what cannot be
 * done for hours is tried every ten minutes and not all the time.
 */
export async function insertDeriveAgain(boss: PgBoss, { revisionId, rounds = 0, lost = 0 }: DeriveJob): Promise<void> {
  const startAfter = Math.min(maxPauseSeconds, firstPauseSeconds * 2 ** rounds);
  const data: DeriveJob = { revisionId, rounds: rounds + 1, lost };
  await boss.insert(queueNames.derive, [{ data, singletonKey: revisionId, priority: laterPriority, startAfter }], {
    returnId: false,
  });
}

async function insert(boss: PgBoss, name: string, ids: string[], dataOf: (id: string) => object, priority = 0) {
  if (ids.length === 0) return;
  const jobs = ids.map((id) => ({ data: dataOf(id), singletonKey: id, priority }));
  await boss.insert(name, jobs, { returnId: false });
}
