import "server-only";
import { type ConstructorOptions, PgBoss, type QueueOptions } from "pg-boss";
import { env } from "@/lib/env";
import { prepareSession, requireUtc } from "@/lib/postgres/session.mjs";

export const queueNames = {
  verify: "verify",
  /** Large uploads have their own queue, so that small ones do not wait behind them. */
  verifyLarge: "verify-large",
  derive: "derive",
  deriveFailed: "derive-failed",
  reap: "reap",
  measure: "measure",
  undo: "undo",
  mail: "mail",
} as const;
export type VerifyJob = { uploadId: string };
export type UploadToVerify = { id: string; isLarge: boolean };
export type ReapJob = { uploadId: string };
export type MeasureJob = { uploadId: string };
export type UndoJob = { uploadId: string };
export type MailJob = { invitationId: string };
/** `rounds`: rounds of attempts that failed for a reason other than the file. `lost`: those of them whose worker disappeared. */
export type DeriveJob = { revisionId: string; rounds?: number; lost?: number };

const common = {
  // At most one job per upload or revision is queued, waiting for a retry or running. Sending a duplicate has no effect.
  policy: "exclusive",
  notify: true,
  // A killed worker's job is retried this long after its last heartbeat.
  heartbeatSeconds: 15,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  deleteAfterSeconds: 60 * 60,
} as const;

const firstPauseSeconds = 15;
const maxPauseSeconds = 600;
/** For jobs no one waits for: lower than every other priority. */
export const laterPriority = -1_000;

type QueueSettings = QueueOptions & { policy: "exclusive"; notify: boolean; deadLetter?: string };

const queues: [name: string, settings: QueueSettings][] = [
  // After the last retry the sweep sends the job again, as long as the upload is sealed.
  [queueNames.verify, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  [queueNames.verifyLarge, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // The sweep sends the job again until the prefix has no orphans.
  [queueNames.reap, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // The sweep sends the job again every few minutes.
  [queueNames.measure, { ...common, retryLimit: 1, expireInSeconds: 60 * 60 }],
  // Undo or redo of many files. The sweep sends unfinished ones again.
  [queueNames.undo, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // The sweep sends the job again as long as the invitation is not mailed.
  [queueNames.mail, { ...common, retryLimit: 4, expireInSeconds: 120 }],
  [queueNames.deriveFailed, { ...common, retryLimit: 10, expireInSeconds: 60 }],
  // A round is five attempts within half a minute. Then handleDeriveFailed decides whether another one follows.
  [queueNames.derive, { ...common, retryLimit: 4, expireInSeconds: 15 * 60, deadLetter: queueNames.deriveFailed }],
];

/** Creates a pg-boss on our database, in its own schema. `onError` is required: an unhandled "error" event ends the process. */
export function createBoss(options: ConstructorOptions, onError: (error: Error) => void): PgBoss {
  // pg-boss passes on what it does not know to its pool, which calls `onConnect`.
  const pool = { onConnect: prepareSession };
  const boss = new PgBoss({
    ...pool,
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

/** Starts pg-boss, and creates or updates its schema and queues. Closes all connections on failure. */
export async function startBoss(boss: PgBoss): Promise<void> {
  try {
    await boss.start();
    await requireUtc({ query: (text) => boss.getDb().executeSql(text) });
    for (const [name, settings] of queues) {
      await boss.createQueue(name, settings);
      const { policy: _fixed, ...changeable } = settings;
      await boss.updateQueue(name, changeable);
    }
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined); // The first error is the one to report.
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

export async function insertReap(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.reap, uploadIds, (uploadId): ReapJob => ({ uploadId }), laterPriority);
}

export async function insertMeasure(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.measure, uploadIds, (uploadId): MeasureJob => ({ uploadId }), laterPriority);
}

export async function insertUndo(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.undo, uploadIds, (uploadId): UndoJob => ({ uploadId }));
}

export async function insertMail(boss: PgBoss, invitationIds: string[]): Promise<void> {
  await insert(boss, queueNames.mail, invitationIds, (invitationId): MailJob => ({ invitationId }));
}

/** Queues revisions for deriving. `priority` ≤ 0; higher runs first. */
export async function insertDerive(boss: PgBoss, revisionIds: string[], priority = 0): Promise<void> {
  await insert(boss, queueNames.derive, revisionIds, (revisionId): DeriveJob => ({ revisionId }), priority);
}

/**
 * Queues the next round of attempts with a growing delay of at most ten minutes. The waiting job counts as queued, so the
 * sweep does not add another one that would run at once.
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
