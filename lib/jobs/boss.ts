import "server-only";
import { type ConstructorOptions, PgBoss, type QueueOptions } from "pg-boss";
import { env } from "@/lib/env";

export const queueNames = {
  verify: "verify",
  /** A queue of its own, so that uploads of hundreds of thousands of files do not delay one of forty pictures. */
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
/** `rounds` counts failed rounds of attempts that were not the file's fault; `lost` those of them whose worker died. */
export type DeriveJob = { revisionId: string; rounds?: number; lost?: number };

const common = {
  // One upload or revision is never queued, waiting for a retry and running at once: sending it again changes nothing.
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
/** Lower than the priority of all jobs that people wait for. */
export const laterPriority = -1_000;

type QueueSettings = QueueOptions & { policy: "exclusive"; notify: boolean; deadLetter?: string };

const queues: [name: string, settings: QueueSettings][] = [
  // After the last retry the sweep queues an upload again while it is sealed.
  [queueNames.verify, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  [queueNames.verifyLarge, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // The sweep queues an upload again until its prefix is clean.
  [queueNames.reap, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  // An undo or redo of many files; the sweep queues those that are not finished.
  [queueNames.undo, { ...common, retryLimit: 4, expireInSeconds: 6 * 60 * 60 }],
  [queueNames.deriveFailed, { ...common, retryLimit: 10, expireInSeconds: 60 }],
  // A round of five attempts within half a minute; then handleDeriveFailed decides whether another follows.
  [queueNames.derive, { ...common, retryLimit: 4, expireInSeconds: 15 * 60, deadLetter: queueNames.deriveFailed }],
];

/** Creates a pg-boss on the site's database, in a schema of its own. Its errors are events that end a process without a listener. */
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

/** Starts a pg-boss: creates or updates its schema and queues. On failure it leaves nothing open. */
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

/** At low priority: no person waits for it. */
export async function insertReap(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.reap, uploadIds, (uploadId): ReapJob => ({ uploadId }), laterPriority);
}

export async function insertUndo(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert(boss, queueNames.undo, uploadIds, (uploadId): UndoJob => ({ uploadId }));
}

/** Queues derivations. `priority` ≤ 0; higher ones run first. */
export async function insertDerive(boss: PgBoss, revisionIds: string[], priority = 0): Promise<void> {
  await insert(boss, queueNames.derive, revisionIds, (revisionId): DeriveJob => ({ revisionId }), priority);
}

/**
 * Queues the next round of attempts, after a pause. While it waits, the revision counts as queued and a sweep adds nothing, so
 * what fails for hours is tried every ten minutes.
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
