import "server-only";
import { deleteWholeBudgets } from "@/lib/budget/commands";
import { removeStaleTempDirs } from "@/lib/derive/original/temp-dir";
import { removeLeftDerivatives } from "@/lib/derive/revision";

import { deleteIdempotencyKeys } from "@/lib/idempotency/commands";

import { deleteExpiredInvitations } from "@/lib/invitation/commands";
import { invitationsToMail } from "@/lib/invitation/queries";
import { revisionsToDerive, revisionsToDeriveAgain, revisionsToReadAgain } from "@/lib/media/queries";
import { computeSortPaths } from "@/lib/media/sorting/commands";
import { deleteEndedSessions } from "@/lib/session/commands";
import { deleteExpiredTokens } from "@/lib/token/commands";
import { expireUploads } from "@/lib/upload/commands";
import { findUnknownPrefixes, removeUnknownPrefixes } from "@/lib/upload/orphan/commands";
import { uploadsToMeasure, uploadsToReap, uploadsToVerify } from "@/lib/upload/queries";
import { uploadsToUndo } from "@/lib/upload/undo/queries";
import type { JobContext } from "./handlers";
import {
  insertAgain,
  insertFront,
  insertMail,
  insertMeasure,
  insertReap,
  insertUndo,
  insertVerify,
} from "./queue/boss";

const uploadsAtOnce = 100;
/** What a worker derives in the minute until the next sweep, and more. */
const revisionsAtOnce = 10_000;
const againAtOnce = 1_000;
const mailsAtOnce = 100;
const derivativesAtOnce = 100;

/**
 * Queues jobs that were lost by a crash between commit and send, and expires uploads. Jobs already queued are not added
 * again. Steps are independent: a failed one is logged and runs again with the next sweep.
 */
export async function sweep({ boss, viewer, log }: JobContext, signal?: AbortSignal): Promise<void> {
  const failed = (step: string, error: unknown, about: object = {}): void => {
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ step, ...about, reason }, "sweep failed");
  };
  const steps: Record<string, () => Promise<unknown>> = {
    expire: async () => {
      const expired = await expireUploads(viewer, (uploadId, error) => failed("expire", error, { uploadId }));
      if (expired > 0) log.info({ expired }, "uploads expired");
    },
    verify: async () => insertVerify(boss, await uploadsToVerify(viewer, uploadsAtOnce)),
    undo: async () => insertUndo(boss, await uploadsToUndo(viewer, uploadsAtOnce)),
    reap: async () => insertReap(boss, await uploadsToReap(viewer, uploadsAtOnce)),
    findUnknown: async () => {
      const prefixes = await findUnknownPrefixes(viewer);
      if (prefixes) log.warn({ prefixes }, "objects in the bucket belong to no upload of this database");
    },
    removeUnknown: async () => {
      const removed = await removeUnknownPrefixes(viewer);
      if (removed.versions > 0) log.warn(removed, "objects that belong to no upload of this database removed");
    },
    measure: async () => insertMeasure(boss, await uploadsToMeasure(viewer, uploadsAtOnce)),
    derive: async () => insertFront(boss, await revisionsToDerive(viewer, revisionsAtOnce)),
    // One that still waits is not added again, so that at most so many wait.
    deriveAgain: async () => insertAgain(boss, await revisionsToDeriveAgain(viewer, againAtOnce)),
    readAgain: async () => insertAgain(boss, await revisionsToReadAgain(viewer, againAtOnce)),
    removeDerivatives: () => removeLeftDerivatives(viewer, derivativesAtOnce),
    deleteSessions: () => deleteEndedSessions(viewer),
    deleteTokens: () => deleteExpiredTokens(viewer),
    mail: async () => insertMail(boss, await invitationsToMail(viewer, mailsAtOnce)),
    deleteInvitations: () => deleteExpiredInvitations(viewer),
    deleteBudgets: () => deleteWholeBudgets(viewer),
    deleteKeys: () => deleteIdempotencyKeys(viewer),
    removeTempDirs: () => removeStaleTempDirs(),
    sortPaths: () => computeSortPaths(viewer),
  };
  for (const [step, run] of Object.entries(steps)) {
    if (signal?.aborted) return;
    try {
      await run();
    } catch (error) {
      failed(step, error);
    }
  }
}
