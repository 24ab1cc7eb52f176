import "server-only";
import type { Job, JobResult, JobWithMetadata, PgBoss } from "pg-boss";
import type { Logger } from "pino";
import type { SystemViewer } from "@/lib/auth/viewer";
import { DecoderError } from "@/lib/derive/decoder/errors";
import { endDeriveAgain } from "@/lib/derive/derive-again";
import { deriveRevision, rejectRevision } from "@/lib/derive/revision";
import { isRefusedByDatabase, toAppError } from "@/lib/errors";
import { recordMailed, writeLetter } from "@/lib/invitation/commands";
import { sendMail } from "@/lib/mail/send";
import { postponeDerivation } from "@/lib/media/commands";
import { finishUndo } from "@/lib/upload/undo/commands";
import { measureUpload } from "@/lib/upload/verify/measure";
import { reapUpload } from "@/lib/upload/verify/reap";
import { verifyUpload } from "@/lib/upload/verify/verify";
import {
  type DeriveJob,
  insertDerive,
  insertDeriveAgain,
  insertReap,
  type MailJob,
  type MeasureJob,
  type ReapJob,
  type UndoJob,
  type VerifyJob,
} from "./queue/boss";

export type JobContext = { boss: PgBoss; viewer: SystemViewer; log: Logger };
type Failure = { code: string; message: string };

/**
 * Of a large upload only so many pages are queued at once, of a thousand revisions each: a worker for other people looks past all
 * jobs of one (5 ms for these, 350 ms for 800,000).
 */
const pagesQueuedAtOnce = 10;

const decoderFailed = "DECODER_FAILED";
/** The database refuses what was found in a file. */
const notRecordable = "NOT_RECORDABLE";
/** After so many rounds whose result was lost, the file is taken to be the cause rather than a restart or an outage. */
const maxLostRounds = 6;

/** Verifies an upload, and queues each page of its pictures as soon as it is recorded. */
export async function handleVerify({ boss, viewer, log }: JobContext, uploadId: string): Promise<void> {
  let page = 0;
  await verifyUpload(viewer, uploadId, async (revisions) => {
    // The sweep queues later pages when their turn comes nearer.
    if (page < pagesQueuedAtOnce) await insertDerive(boss, revisions);
    page += 1;
  });
  log.info({ uploadId, pages: page }, "upload verified");
}

/** Removes the objects of an ended upload that no revision references. */
export async function handleReap({ viewer, log }: JobContext, uploadId: string): Promise<void> {
  const reaped = await reapUpload(viewer, uploadId);
  if (reaped) log.info({ uploadId, ...reaped }, "upload reaped");
}

/** Compares the stored bytes of an open upload with what its files reserve. One that was ended for it is reaped next. */
export async function handleMeasure({ boss, viewer, log }: JobContext, uploadId: string): Promise<void> {
  const measured = await measureUpload(viewer, uploadId);
  if (!measured || measured.state === "within") return;
  log.warn({ uploadId, ...measured }, "upload beyond its quota");
  if (measured.state === "ended") await insertReap(boss, [uploadId]);
}

/** Applies an undo or redo to the media a request did not reach. */
export async function handleUndo({ viewer, log }: JobContext, uploadId: string): Promise<void> {
  await finishUndo(viewer, uploadId);
  log.info({ uploadId }, "upload undone or redone");
}

/** Mails an invitation. One that the recipient's server refuses is deleted. */
export async function handleMail({ viewer, log }: JobContext, invitationId: string): Promise<void> {
  const written = await writeLetter(viewer, invitationId);
  if (!written) return;
  const outcome = await sendMail(written.letter);
  await recordMailed(viewer, invitationId, outcome === "sent" ? written.tokenHash : null);
  log.info({ invitationId, outcome }, "invitation mailed");
}

export async function handleDerive({ viewer, log }: JobContext, revisionId: string): Promise<void> {
  const started = performance.now();
  const { state } = await deriveRevision(viewer, revisionId);
  log.debug({ revisionId, state, milliseconds: Math.round(performance.now() - started) }, "revision derived");
}

type FailedDerive = Pick<JobWithMetadata<DeriveJob>, "data" | "sourceOutput"> & { groupId?: string | null };

/**
 * Handles a revision whose attempts all failed. Rejects it only if the file is the cause: the decoder fails on it, or its
 * bytes are gone. Other causes (storage or database unreachable or misconfigured, a full disk, a killed worker) may be
 * resolved later: the revision stays pending and is retried at growing intervals.
 */
export async function handleDeriveFailed(
  { boss, viewer, log }: JobContext,
  { data, sourceOutput, groupId }: FailedDerive,
): Promise<void> {
  const { revisionId } = data;
  const { code, message } = (sourceOutput ?? {}) as Partial<Failure>;
  const isLost = code === undefined || code === notRecordable;
  const lost = (data.lost ?? 0) + (isLost ? 1 : 0);
  const reason = lost >= maxLostRounds ? reasons.decoder : reasonOf(code);
  if (reason === null) {
    const priority = await postponeDerivation(viewer, revisionId);
    if (priority === null) {
      // It was derived before, and today's rules fail on it; or it was derived or deleted since.
      if (isLost) await endDeriveAgain(viewer, revisionId, reasons.decoder);
      return;
    }
    log.warn({ revisionId, code, reason: message, rounds: data.rounds ?? 0 }, "revision postponed");
    await insertDeriveAgain(boss, { ...data, lost }, { priority, personId: groupId ?? null });
    return;
  }
  log.warn({ revisionId, code, reason: message }, "revision rejected");
  await rejectRevision(viewer, revisionId, reason);
  await endDeriveAgain(viewer, revisionId, reason);
}

const reasons = {
  decoder: "This picture could not be processed. The file is stored as uploaded.",
  gone: "This file is no longer in the storage. Upload it again.",
} as const;

/** Returns why a revision is rejected; null when the file is not the cause. */
function reasonOf(code: string | undefined): string | null {
  if (code === decoderFailed) return reasons.decoder;
  return code === "NOT_FOUND" ? reasons.gone : null;
}

/** Runs the jobs of a batch one after another, each with its own result. */
export function each<
  Data extends VerifyJob | ReapJob | MeasureJob | UndoJob | MailJob | DeriveJob,
  J extends Job<Data>,
>({ log }: JobContext, run: (job: J) => Promise<void>): (jobs: J[]) => Promise<JobResult[]> {
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

/** Returns code and message for the log, including the cause of an AppError, whose own message is for users. */
function failureOf(error: unknown): Failure {
  if (error instanceof DecoderError) return { code: decoderFailed, message: error.message };
  const { code: appCode, message, cause } = toAppError(error);
  const code = appCode === "INTERNAL" && isRefusedByDatabase(error) ? notRecordable : appCode;
  return { code, message: cause instanceof Error ? `${message} (${cause.name}: ${cause.message})` : message };
}
