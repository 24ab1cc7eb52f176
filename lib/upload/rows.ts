import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Transaction } from "@/lib/db";
import { AppError, notFound, requireId } from "@/lib/errors";
import { lockUpload } from "@/lib/locks";
import { pathProblem, type UploadState, uploadFrom, uploadPolicy } from "./policy";
import { ownUploadsWhere } from "./queries";

export type OpenUpload = {
  id: string;
  collectionId: string;
  createdById: string | null;
  checksum: string | null;
  createdAt: Date;
  expiresAt: Date;
};

/** The viewer's own upload, while something may be sent to it. Throws NOT_FOUND, CONFLICT in words. */
export async function openUploadOf(viewer: Viewer, uploadId: string): Promise<OpenUpload> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, ownUploadsWhere(viewer)] },
    select: {
      id: true,
      collectionId: true,
      createdById: true,
      checksum: true,
      state: true,
      createdAt: true,
      expiresAt: true,
    },
  });
  if (!upload) throw notFound("upload");
  if (!isFrom("send", upload.state) || upload.expiresAt <= new Date()) throw ended(upload.state);
  const { state: _state, ...open } = upload;
  return open;
}

/** Somebody is at work on it: it has its whole time again, once a day at most and not beyond its longest life. */
export async function prolong({ id, createdAt, expiresAt }: OpenUpload, now = Date.now()): Promise<void> {
  const { uploadTtlSeconds, uploadProlongBelowSeconds, uploadMaxLifeSeconds } = uploadPolicy;
  if (expiresAt.getTime() - now >= uploadProlongBelowSeconds * 1_000) return;
  const lastMs = createdAt.getTime() + uploadMaxLifeSeconds * 1_000;
  const later = new Date(Math.min(now + uploadTtlSeconds * 1_000, lastMs));
  await db().upload.updateMany({ where: { id, state: "open", expiresAt: { lt: later } }, data: { expiresAt: later } });
}

/** Locks the upload, after its accounts, and makes sure that it is open still. Throws CONFLICT in words. */
export async function lockOpenUpload(tx: Transaction, uploadId: string): Promise<void> {
  const upload = await lockUpload(tx, uploadId);
  if (!upload) throw notFound("upload");
  if (!isFrom("send", upload.state)) throw ended(upload.state);
}

function isFrom(verb: keyof typeof uploadFrom, state: UploadState): boolean {
  return (uploadFrom[verb] as readonly UploadState[]).includes(state);
}

const endings: Record<UploadState, string> = {
  open: "This upload has run out of time. Start a new upload for what is missing.",
  sealed: "This upload is sealed already and being verified. Start a new upload to send more.",
  verified: "This upload is finished. Start a new upload to send more.",
  aborted: "This upload was discarded. Start a new upload.",
  expired: "This upload has run out of time. Start a new upload.",
};

export function ended(state: UploadState): AppError {
  return new AppError("CONFLICT", endings[state]);
}

/**
 * A path that was not checked, fit to be recorded: control characters would break the log line or the terminal that shows it.
 * One that a media may have stays as it is, so that what is said of it is said once.
 */
export function shownPath(path: string): string {
  if (pathProblem(path) === null) return path;
  return path.replaceAll(/\p{C}/gu, "\ufffd").slice(0, 1_024);
}
