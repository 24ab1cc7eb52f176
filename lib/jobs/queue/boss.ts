import "server-only";
import { type ConstructorOptions, type JobInsert, PgBoss, type QueueOptions } from "pg-boss";
import { env } from "@/lib/env";
import { prepareSession, requireUtc } from "@/lib/postgres/session.mjs";
import { raisePriorities } from "./rows";

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
/** `personId`: who uploaded it; people take turns. Null where the account no longer exists. */
export type UploadToVerify = { id: string; isLarge: boolean; personId: string | null };
/** `priority`: higher first; from its turn, and negative. */
export type RevisionToDerive = { id: string; priority: number; personId: string | null };
export type ReapJob = { uploadId: string };
export type MeasureJob = { uploadId: string };
export type UndoJob = { uploadId: string };
export type MailJob = { invitationId: string };
/**
 * `rounds`: rounds of attempts that failed for a reason other than the file. `lost`: those of them whose worker disappeared, or
 * whose result the database refused.
 */
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
/** For jobs no one waits for: lower than the others of their queue, which have 0. */
const laterPriority = -1_000;
/** Lower than that of any revision that waits to be derived. */
const readAgainPriority = -(2 ** 31 - 1);
/** Jobs sent at once. */
const jobsPerInsert = 1_000;

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
    await insert<VerifyJob>(
      boss,
      name,
      these.map(({ id, personId }) => ({ singletonKey: id, data: { uploadId: id }, ...groupOf(personId) })),
    );
  }
}

export async function insertReap(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert<ReapJob>(
    boss,
    queueNames.reap,
    uploadIds.map((id) => ({ singletonKey: id, data: { uploadId: id }, priority: laterPriority })),
  );
}

export async function insertMeasure(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert<MeasureJob>(
    boss,
    queueNames.measure,
    uploadIds.map((id) => ({ singletonKey: id, data: { uploadId: id }, priority: laterPriority })),
  );
}

export async function insertUndo(boss: PgBoss, uploadIds: string[]): Promise<void> {
  await insert<UndoJob>(
    boss,
    queueNames.undo,
    uploadIds.map((id) => ({ singletonKey: id, data: { uploadId: id } })),
  );
}

export async function insertMail(boss: PgBoss, invitationIds: string[]): Promise<void> {
  await insert<MailJob>(
    boss,
    queueNames.mail,
    invitationIds.map((id) => ({ singletonKey: id, data: { invitationId: id } })),
  );
}

/** Queues revisions for deriving, in the order of their turns. */
export async function insertDerive(boss: PgBoss, revisions: RevisionToDerive[]): Promise<void> {
  await insert<DeriveJob>(
    boss,
    queueNames.derive,
    revisions.map(({ id, priority, personId }) => ({
      singletonKey: id,
      data: { revisionId: id },
      priority,
      ...groupOf(personId),
    })),
  );
}

/**
 * Queues the front of the line. Those queued before may have been given a priority from an earlier window of turns
 * (lib/revision/turn/rows.ts): they get that of today.
 */
export async function insertFront(boss: PgBoss, revisions: RevisionToDerive[]): Promise<void> {
  await raisePriorities(boss, queueNames.derive, revisions);
  await insertDerive(boss, revisions);
}

/** Queues revisions that are to be derived or read again, behind all that wait to be derived. */
export async function insertAgain(boss: PgBoss, revisionIds: string[]): Promise<void> {
  await insertDerive(
    boss,
    revisionIds.map((id) => ({ id, priority: readAgainPriority, personId: null })),
  );
}

/**
 * Queues the next round of attempts with a growing delay of at most ten minutes. The waiting job counts as queued, so the
 * sweep does not add another one that would run at once.
 */
export async function insertDeriveAgain(
  boss: PgBoss,
  { revisionId, rounds = 0, lost = 0 }: DeriveJob,
  { priority, personId }: Omit<RevisionToDerive, "id">,
): Promise<void> {
  const startAfter = Math.min(maxPauseSeconds, firstPauseSeconds * 2 ** rounds);
  const data: DeriveJob = { revisionId, rounds: rounds + 1, lost };
  const job = { data, singletonKey: revisionId, priority, startAfter, ...groupOf(personId) };
  await insert<DeriveJob>(boss, queueNames.derive, [job]);
}

/** A person's jobs are a group, so that workers can leave some of them to other people. */
const groupOf = (personId: string | null) => (personId === null ? {} : { group: { id: personId } });

async function insert<Data extends object>(boss: PgBoss, name: string, jobs: JobInsert<Data>[]): Promise<void> {
  for (let at = 0; at < jobs.length; at += jobsPerInsert) {
    await boss.insert(name, jobs.slice(at, at + jobsPerInsert), { returnId: false });
  }
}
