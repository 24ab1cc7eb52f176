import { z } from "zod";
import { uploadStates } from "./policy";

/** A line of text; the database refuses NUL, and no screen shows the others. */
const printable = (maxLength: number) =>
  z
    .string()
    .trim()
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, "must not contain control characters");

export const openUploadInput = z.object({
  collectionSlug: z.string().min(1).max(64),
  label: printable(200).optional(),
  metadata: z.record(printable(100), printable(1_000)).optional(),
  conflict: z.enum(["revision", "skip", "fail"]).optional(),
  /** What the client is about to send, if it knows: an upload left half-way can then say what is missing. */
  plannedFiles: z.int().nonnegative().max(2_147_483_647).optional(),
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

const openedUpload = z.object({
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
/** An upload that was left or is being verified, as the collection's page lists it. */
export type UnfinishedUpload = Pick<UploadStatus, "id" | "state" | "createdAt" | "plannedFiles">;
export type UploadStatus = z.infer<typeof uploadStatus>;
