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
 * The site, as the engine needs it. Each call rejects with an AppError for what the site answered and with anything
 * else for a connection that broke; the engine repeats what heals by itself, so every call must bear being repeated.
 */
export type UploadServer = {
  open(request: OpenRequest): Promise<OpenedUpload>;
  resume(uploadId: string): Promise<ResumedUpload>;
  renewPolicy(uploadId: string): Promise<PostPolicy>;
  /** At most 1,000 files; the answers come in their order. TOO_LARGE where they do not fit into the quota together. */
  files(uploadId: string, files: readonly FileToSend[]): Promise<readonly FileAnswer[]>;
  /**
   * Adds the checksums of at most 1,000 files that were named before. Without it they are named once more, which costs the site
   * looking up what is there.
   */
  registerChecksums?(uploadId: string, files: readonly FileToSend[]): Promise<void>;
  /** URLs for at most 100 parts of one file. */
  parts(uploadId: string, input: PartsInput): Promise<PartUrls>;
  /** Puts the parts together. Parts that were there before this client began may be left out: the storage knows them. */
  complete(uploadId: string, input: CompleteInput): Promise<void>;
  /**
   * Takes back at most 1,000 files that were named: nobody misses them, their room is free, and what has arrived of them
   * is thrown away. A path that was not named is passed over. Without it the server reports them as missing.
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
