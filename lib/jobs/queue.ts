import "server-only";
import type { PgBoss } from "pg-boss";
import { createBoss, insertDerive, insertReap, insertUndo, insertVerify, startBoss, type UploadToVerify } from "./boss";

// Next's dev server loads this module anew at each change: the connections must outlive it.
const kept = globalThis as typeof globalThis & { atollQueue: Promise<PgBoss> | undefined };

/** The sending side of the queue, for the site's process: no polling, no supervision. Later calls start nothing new. */
export async function startQueue(): Promise<void> {
  await queue();
}

/** Has the worker verify a sealed upload. Sent twice, it is verified once. A lost send is made up for by its sweep. */
export async function sendVerify(upload: UploadToVerify): Promise<void> {
  await insertVerify(await queue(), [upload]);
}

/** Has the worker remove what an ended upload left in the bucket. A lost send is made up for by its sweep. */
export async function sendReap(uploadId: string): Promise<void> {
  await insertReap(await queue(), [uploadId]);
}

/** Has the worker finish an undoing or redoing. A lost send is made up for by its sweep. */
export async function sendUndo(uploadId: string): Promise<void> {
  await insertUndo(await queue(), [uploadId]);
}

/** Has the worker derive these revisions. Those that are queued or being derived already are left as they are. */
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
