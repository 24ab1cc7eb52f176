import { z } from "zod";
import { uploadStates } from "./policy";

export const openUploadInput = z.object({
  collectionSlug: z.string().min(1).max(64),
  label: z.string().trim().max(200).optional(),
  metadata: z.record(z.string().max(100), z.string().max(1_000)).optional(),
  conflict: z.enum(["revision", "skip", "fail"]).optional(),
  /** What the client is about to send, if it knows: an upload left half-way can then say what is missing. */
  plannedFiles: z.int().nonnegative().optional(),
  plannedBytes: z.int().nonnegative().optional(),
});
export type OpenUploadInput = z.input<typeof openUploadInput>;

/** A presigned POST for every key under a prefix: `fields.key` is the prefix + `${filename}` and may be replaced. */
export const postPolicy = z.object({
  url: z.url(),
  fields: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
});
export type PostPolicy = z.infer<typeof postPolicy>;

export const openedUpload = z.object({
  id: z.uuid(),
  state: z.literal("open"),
  prefix: z.string(),
  policy: postPolicy,
  expiresAt: z.iso.datetime(),
});
export type OpenedUpload = z.infer<typeof openedUpload>;

export const changeUploadInput = z.object({ state: z.enum(["sealed", "aborted"]) });

export const uploadStatus = z.object({
  id: z.uuid(),
  label: z.string(),
  state: z.enum(uploadStates),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  plannedFiles: z.int().nullable(),
  plannedBytes: z.int().nullable(),
  files: z.object({ total: z.int(), verified: z.int(), rejected: z.int(), pending: z.int() }),
  bytes: z.int(),
  /** At most 1,000 of them. */
  rejected: z.array(z.object({ path: z.string(), reason: z.string() })),
});
export type UploadStatus = z.infer<typeof uploadStatus>;
