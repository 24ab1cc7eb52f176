import "server-only";
import type { Job, JobResult, JobWithMetadata, PgBoss } from "pg-boss";
import type { Logger } from "pino";
import type { SystemViewer } from "@/lib/auth/viewer";
import { deriveRevision } from "@/lib/derive/revision";
import { toAppError } from "@/lib/errors";
import { recordDerivation } from "@/lib/media/commands";
import { verifyUpload } from "@/lib/upload/verify";
import { type DeriveJob, insertDerive, type VerifyJob } from "./boss";

export type JobContext = { boss: PgBoss; viewer: SystemViewer; log: Logger };
type Failure = { code: string; message: string };

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

export async function handleDerive({ viewer, log }: JobContext, revisionId: string): Promise<void> {
  const started = performance.now();
  const { state } = await deriveRevision(viewer, revisionId);
  log.debug({ revisionId, state, milliseconds: Math.round(performance.now() - started) }, "revision derived");
}

/**
 * A revision no try could derive. If the storage or database was away it stays pending, and the sweep queues it anew;
 * otherwise the picture is to blame (it may crash the decoder each time) and is given up, so that this ends.
 */
export async function handleDeriveFailed(
  { viewer, log }: JobContext,
  { data, sourceOutput }: Pick<JobWithMetadata<DeriveJob>, "data" | "sourceOutput">,
): Promise<void> {
  const { revisionId } = data;
  const { code, message } = (sourceOutput ?? {}) as Partial<Failure>;
  if (code === "UNAVAILABLE") return;
  log.warn({ revisionId, code, reason: message }, "revision given up");
  const reason =
    code === "NOT_FOUND"
      ? "Its bytes are no longer in the storage. Upload the file again."
      : "This picture could not be processed. The file is kept as it came.";
  await recordDerivation(viewer, revisionId, { state: "rejected", contentType: null, reason });
}

/** Runs the jobs of a batch one by one, each with an outcome of its own. */
export function each<Data extends VerifyJob | DeriveJob, J extends Job<Data>>(
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
  const { code, message, cause } = toAppError(error);
  return { code, message: cause instanceof Error ? `${message} (${cause.name}: ${cause.message})` : message };
}
