import "server-only";
import type { Job, JobResult, JobWithMetadata, PgBoss } from "pg-boss";
import type { Logger } from "pino";
import type { SystemViewer } from "@/lib/auth/viewer";
import { DecoderError } from "@/lib/derive/decoder";
import { deriveRevision } from "@/lib/derive/revision";
import { toAppError } from "@/lib/errors";
import { recordDerivation } from "@/lib/media/commands";
import { finishUndo } from "@/lib/upload/undo/commands";
import { reapUpload } from "@/lib/upload/verify/reap";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { type DeriveJob, insertDerive, insertDeriveAgain, type ReapJob, type UndoJob, type VerifyJob } from "./boss";

export type JobContext = { boss: PgBoss; viewer: SystemViewer; log: Logger };
type Failure = { code: string; message: string };

const decoderFailed = "DECODER_FAILED";
/** Rounds of five tries whose workers all died: more than restarts and outages account for. */
const maxLostRounds = 6;

/** Verifies, and queues each page of pictures as soon as it is recorded. */
export async function handleVerify({ boss, viewer, log }: JobContext, uploadId: string): Promise<void> {
  let page = 0;
  await verifyUpload(viewer, uploadId, async (revisionIds) => {
    // An upload's later pages wait for the first pages of others: 40 pictures after 800,000 show within seconds.
    await insertDerive(boss, revisionIds, -page);
    page += 1;
  });
  log.info({ uploadId, pages: page }, "upload verified");
}

/** Removes the versions of an ended upload that no revision pins. */
export async function handleReap({ viewer, log }: JobContext, uploadId: string): Promise<void> {
  const reaped = await reapUpload(viewer, uploadId);
  if (reaped) log.info({ uploadId, ...reaped }, "upload reaped");
}

/** Brings the rest of an undone or redone upload's media to what it says. */
export async function handleUndo({ viewer, log }: JobContext, uploadId: string): Promise<void> {
  await finishUndo(viewer, uploadId);
  log.info({ uploadId }, "upload undone or redone");
}

export async function handleDerive({ viewer, log }: JobContext, revisionId: string): Promise<void> {
  const started = performance.now();
  const { state } = await deriveRevision(viewer, revisionId);
  log.debug({ revisionId, state, milliseconds: Math.round(performance.now() - started) }, "revision derived");
}

/**
 * Handles a revision that no try could derive. Rejects it only for the file's own fault: the decoder ends on it, or its
 * bytes are gone. Any other cause (storage or database unreachable, refused or misconfigured, a full disk, a dead worker)
 * may be mended: the revision stays pending and is tried again, at growing intervals.
 */
export async function handleDeriveFailed(
  { boss, viewer, log }: JobContext,
  { data, sourceOutput }: Pick<JobWithMetadata<DeriveJob>, "data" | "sourceOutput">,
): Promise<void> {
  const { revisionId } = data;
  const { code, message } = (sourceOutput ?? {}) as Partial<Failure>;
  const lost = (data.lost ?? 0) + (code === undefined ? 1 : 0);
  const reason = lost >= maxLostRounds ? reasons.decoder : reasonOf(code);
  if (reason === null) {
    log.warn({ revisionId, code, reason: message, rounds: data.rounds ?? 0 }, "revision put off");
    await insertDeriveAgain(boss, { ...data, lost });
    return;
  }
  log.warn({ revisionId, code, reason: message }, "revision given up");
  await recordDerivation(viewer, revisionId, { state: "rejected", contentType: null, reason });
}

const reasons = {
  decoder: "This picture could not be processed. The file is kept as it came.",
  gone: "Its bytes are no longer in the storage. Upload the file again.",
} as const;

/** Why a revision that failed so is given up; null when the file is not to blame. */
function reasonOf(code: string | undefined): string | null {
  if (code === decoderFailed) return reasons.decoder;
  return code === "NOT_FOUND" ? reasons.gone : null;
}

/** Runs the jobs of a batch one by one, each with an outcome of its own. */
export function each<Data extends VerifyJob | ReapJob | UndoJob | DeriveJob, J extends Job<Data>>(
  { log }: JobContext,
  run: (job: J) => Promise<void>,
): (jobs: J[]) => Promise<JobResult[]> {
  return async (jobs) => {
    const results: JobResult[] = [];
    for (const job of jobs) {
      try {
        await run(job);
        results.push({ id: job.id, status: "completed" });
      } catch (error) {
        const failure = failureOf(error);
        log.warn({ queue: job.name, data: job.data, attempt: job.retryCount + 1, ...failure }, "job failed");
        results.push({ id: job.id, status: "failed", output: failure });
      }
    }
    return results;
  };
}

/** An AppError's cause is what the log needs; its message is for people. */
function failureOf(error: unknown): Failure {
  if (error instanceof DecoderError) return { code: decoderFailed, message: error.message };
  const { code, message, cause } = toAppError(error);
  return { code, message: cause instanceof Error ? `${message} (${cause.name}: ${cause.message})` : message };
}
