import { AppError } from "@/lib/errors";
import type {
  CompleteInput,
  FileAnswer,
  FileToSend,
  OpenedUpload,
  PartsInput,
  PartUrls,
  PostPolicy,
  UploadStatus,
} from "@/lib/upload/schema";
import type { OpenRequest, ResumedUpload } from "../state/events";
import type { CallFailure } from "../state/failures";

/**
 * The site's API, as the engine needs it. Each call rejects with an AppError for an error the site answered, and with
 * any other error for a broken connection. The engine retries transient failures: every call must be idempotent.
 */
export type UploadServer = {
  open(request: OpenRequest): Promise<OpenedUpload>;
  resume(uploadId: string): Promise<ResumedUpload>;
  renewPolicy(uploadId: string): Promise<PostPolicy>;
  /** Registers at most 1,000 files; the answers come in their order. TOO_LARGE if they do not fit into the quota together. */
  files(uploadId: string, files: readonly FileToSend[]): Promise<readonly FileAnswer[]>;
  /**
   * Adds the checksums of at most 1,000 registered files. Without this method they are registered once more, for which
   * the site looks up what is there.
   */
  registerChecksums?(uploadId: string, files: readonly FileToSend[]): Promise<void>;
  /** Returns URLs for at most 100 parts of one file. */
  parts(uploadId: string, input: PartsInput): Promise<PartUrls>;
  /** Completes a file from its parts. Parts that arrived before this client began may be left out: the storage knows them. */
  complete(uploadId: string, input: CompleteInput): Promise<void>;
  /**
   * Cancels at most 1,000 registered files: they are not reported as missing, their quota is free, and what arrived of
   * them is deleted. Paths that are not registered are ignored. Without this method the server reports them as missing.
   */
  cancel?(uploadId: string, paths: readonly string[]): Promise<void>;
  seal(uploadId: string): Promise<void>;
  abort(uploadId: string): Promise<void>;
  status(uploadId: string): Promise<UploadStatus>;
};

export function callFailureOf(error: unknown): CallFailure {
  if (!(error instanceof AppError)) return { code: "NETWORK", message: null, retryAfterSeconds: null };
  return { code: error.code, message: error.message, retryAfterSeconds: error.retryAfterSeconds ?? null };
}
