import "server-only";
import type { PgBoss } from "pg-boss";
import {
  createBoss,
  insertDerive,
  insertMail,
  insertReap,
  insertUndo,
  insertVerify,
  type RevisionToDerive,
  startBoss,
  type UploadToVerify,
} from "./boss";

// Next's dev server reloads this module on each change. The connections must survive that.
const kept = globalThis as typeof globalThis & { atollQueue: Promise<PgBoss> | undefined };

/** Connects the sending side of the queue, without polling and supervision. Idempotent. */
export async function startQueue(): Promise<void> {
  await queue();
}

/** Queues the verification of a sealed upload. Idempotent. If the send is lost, the worker's sweep queues it. */
export async function sendVerify(upload: UploadToVerify): Promise<void> {
  await insertVerify(await queue(), [upload]);
}

/** Queues the removal of an ended upload's orphans. If the send is lost, the worker's sweep queues it. */
export async function sendReap(uploadId: string): Promise<void> {
  await insertReap(await queue(), [uploadId]);
}

/** Queues the rest of an undo or redo. If the send is lost, the worker's sweep queues it. */
export async function sendUndo(uploadId: string): Promise<void> {
  await insertUndo(await queue(), [uploadId]);
}

/** Queues revisions for deriving. Those already queued or running are not added again. */
export async function sendDerive(revisions: RevisionToDerive[]): Promise<void> {
  await insertDerive(await queue(), revisions);
}

/** Queues the mail of an invitation. If the send is lost, the worker's sweep queues it. */
export async function sendMailJob(invitationId: string): Promise<void> {
  await insertMail(await queue(), [invitationId]);
}

export async function stopQueue(): Promise<void> {
  const starting = kept.atollQueue;
  kept.atollQueue = undefined;
  const boss = await starting?.catch(() => undefined);
  await boss?.stop({ graceful: false });
}

function queue(): Promise<PgBoss> {
  kept.atollQueue ??= open().catch((error) => {
    kept.atollQueue = undefined; // The next send tries again.
    throw error;
  });
  return kept.atollQueue;
}

async function open(): Promise<PgBoss> {
  const boss = createBoss({ max: 2, supervise: false }, (error) => console.error("queue:", error.message));
  await startBoss(boss);
  return boss;
}
