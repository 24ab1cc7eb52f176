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
  /** Bytes are verified by this checksum field in every form; without it on AWS by none (its policies know no optional field). */
  checksum: z.literal("sha256").optional(),
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
  /** Other URLs that take the same form: each is a host of its own to a browser, with connections of its own. */
  endpoints: z.array(z.url()).max(8).optional(),
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

const hex = (characters: number) => z.string().regex(new RegExp(`^[0-9a-f]{${characters}}$`), "must be lower-case hex");
const base64 = (bytes: number) => z.base64().length(4 * Math.ceil(bytes / 3), `must be base64 of ${bytes} bytes`);

/** A file a client is about to send, or has hashed meanwhile: named again, what is known of it is added. */
const fileToSend = z.object({
  path: z.string().min(1).max(4_096),
  size: z.int().nonnegative(),
  type: printable(255).optional(),
  sha256: hex(64).optional(),
  /** Held against the ETag of the listing, where that is an MD5. */
  md5: hex(32).optional(),
  /** The file's own time in milliseconds since 1970: an upload that is resumed knows a changed file by it. */
  modifiedAt: z.int().optional(),
});
export type FileToSend = z.input<typeof fileToSend>;
export const filesInput = z.object({ files: z.array(fileToSend).min(1).max(1_000) });

/** Files that were registered and will not come: skipped, canceled, sent under another name. */
export const cancelInput = z.object({ paths: z.array(z.string().min(1).max(4_096)).min(1).max(1_000) });

const fileAnswer = z.object({
  path: z.string(),
  /** present: the storage has these bytes, nothing is to be sent. */
  status: z.enum(["present", "post", "multipart"]),
  multipart: z.object({ fileId: z.uuid(), partSize: z.int(), partCount: z.int(), done: z.array(z.int()) }).optional(),
  /** The collection has a file at this path, of the same size or of another one. */
  exists: z.enum(["same", "other"]).optional(),
  /** The collection has bytes of this size: with the file's `sha256` the answer may become `present`. */
  mayBeKnown: z.boolean().optional(),
});
export type FileAnswer = z.infer<typeof fileAnswer>;
/** In the order of the request. */
export const filesAnswer = z.object({ files: z.array(fileAnswer) });

export const partsInput = z.object({
  fileId: z.uuid(),
  parts: z.array(z.int().min(1).max(10_000)).min(1).max(100),
  /** CRC64NVME of parts by number: signed into their URLs as `x-amz-checksum-crc64nvme`, which must then be sent along. */
  checksums: z.record(z.string().regex(/^\d{1,5}$/), base64(8)).optional(),
  /** Some of the policy's `endpoints`: the answer then has URLs for them, too. */
  endpoints: z.array(z.url()).max(8).optional(),
});
export type PartsInput = z.input<typeof partsInput>;
const urlsByPart = z.record(z.string(), z.url());
export const partUrls = z.object({
  urls: urlsByPart,
  expiresAt: z.iso.datetime(),
  /** The same parts by endpoint, of those that were asked for and are known. */
  elsewhere: z.record(z.string(), urlsByPart).optional(),
});
export type PartUrls = z.infer<typeof partUrls>;

export const completeInput = z.object({
  fileId: z.uuid(),
  /** Parts that are left out are taken as the storage has them. */
  parts: z.array(z.object({ n: z.int().min(1).max(10_000), etag: z.string().min(1).max(100) })).max(10_000),
  /** CRC64NVME of the whole file: the storage refuses to put parts together that give another one. */
  crc64nvme: base64(8).optional(),
});
export type CompleteInput = z.input<typeof completeInput>;

export const changeUploadInput = z.object({ state: z.enum(["sealed", "aborted"]) });

export const uploadStatus = z.object({
  id: z.uuid(),
  label: z.string(),
  state: z.enum(uploadStates),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  plannedFiles: z.int().nullable(),
  plannedBytes: z.int().nullable(),
  /** Files that were registered and not taken back: what whoever goes on with an open upload is to have again. */
  registeredFiles: z.int().optional(),
  files: z.object({ total: z.int(), verified: z.int(), rejected: z.int(), pending: z.int() }),
  bytes: z.int(),
  /** Of an open upload more has arrived than was counted. */
  isAtLeast: z.boolean().optional(),
  /** At most 1,000 of them. */
  rejected: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** Since when what it brought is in the trash, or as it was before. */
  undoneAt: z.iso.datetime().nullable().optional(),
});
/** An upload that was left or is being verified, as the collection's page lists it. */
export type UnfinishedUpload = Pick<UploadStatus, "id" | "state" | "createdAt" | "plannedFiles">;
export type UploadStatus = z.infer<typeof uploadStatus>;
