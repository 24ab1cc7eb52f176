import { AppError } from "@/lib/errors";
import type { OpenedUpload, OpenUploadInput, PostPolicy, UploadStatus } from "../schema";
import type { CallFailure } from "./failures";

export type OpenRequest = Pick<OpenUploadInput, "label" | "plannedFiles" | "plannedBytes">;

/**
 * The site, as the engine needs it. Each call rejects with an AppError for what the site answered and with anything
 * else for a connection that broke; the engine repeats what heals by itself, so every call must bear being repeated.
 */
export type UploadServer = {
  open(request: OpenRequest): Promise<OpenedUpload>;
  renewPolicy(uploadId: string): Promise<PostPolicy>;
  seal(uploadId: string): Promise<void>;
  abort(uploadId: string): Promise<void>;
  status(uploadId: string): Promise<UploadStatus>;
};

export function callFailureOf(error: unknown): CallFailure {
  if (!(error instanceof AppError)) return { code: "NETWORK", message: null, retryAfterSeconds: null };
  return { code: error.code, message: error.message, retryAfterSeconds: error.retryAfterSeconds ?? null };
}
