import "server-only";
import type { PgBoss } from "pg-boss";
import { createBoss, insertDerive, insertReap, insertUndo, insertVerify, startBoss, type UploadToVerify } from "./boss";

// Next's dev server reloads this module at each change: the connections must outlive it.
const kept = globalThis as typeof globalThis & { atollQueue: Promise<PgBoss> | undefined };

/** Starts the sending side of the queue in the site's process: no polling, no supervision. Idempotent. */
export async function startQueue(): Promise<void> {
  await queue();
}

/** Queues the verification of a sealed upload, once for any number of calls. The worker's sweep finds lost ones. */
export async function sendVerify(upload: UploadToVerify): Promise<void> {
  await insertVerify(await queue(), [upload]);
}

/** Queues the removal of what an ended upload left in the bucket. The worker's sweep finds lost ones. */
export async function sendReap(uploadId: string): Promise<void> {
  await insertReap(await queue(), [uploadId]);
}

/** Queues the rest of an undo or redo. The worker's sweep finds lost ones. */
export async function sendUndo(uploadId: string): Promise<void> {
  await insertUndo(await queue(), [uploadId]);
}

/** Queues the derivation of these revisions, except those that are queued or being derived. */
export async function sendDerive(revisionIds: string[]): Promise<void> {
  await insertDerive(await queue(), revisionIds);
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
