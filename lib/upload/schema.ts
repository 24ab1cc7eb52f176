import { z } from "zod";
import { normalizePath } from "@/lib/path/policy";
import { anyPath, foundPath, mediaPath } from "@/lib/path/schema";
import { textLine } from "@/lib/text/schema";
import { uploadPolicy, uploadStates } from "./policy";

const { maxLabelCharacters, maxMetadataKeys, maxMetadataKeyCharacters, maxMetadataValueCharacters } = uploadPolicy;
const { maxFilesPerCall, maxPartsPerCall, maxParts } = uploadPolicy;

const count = (number: number) => number.toLocaleString("en");

const printable = (what: string, maxCharacters: number) =>
  textLine(what).max(maxCharacters, `${what} has at most ${count(maxCharacters)} characters.`);

const metadata = z
  .record(
    printable("A key of the metadata", maxMetadataKeyCharacters),
    printable("A value of the metadata", maxMetadataValueCharacters),
    // What is wrong with the key, rather than that something is.
    { error: (issue) => (issue.code === "invalid_key" ? issue.issues[0]?.message : undefined) },
  )
  .refine(
    (entries) => Object.keys(entries).length <= maxMetadataKeys,
    `Metadata have at most ${maxMetadataKeys} keys.`,
  );

/** A list of so many items at most, none of them missing. */
function listOf<Item extends z.ZodType>(item: Item, what: string, most: number) {
  return z
    .array(item)
    .min(1)
    .max(most, `One call takes at most ${count(most)} ${what}.`);
}

export const openUploadInput = z.strictObject({
  collectionSlug: z.string().min(1).max(64),
  label: printable("A label", maxLabelCharacters).optional(),
  metadata: metadata.optional(),
  conflict: z.enum(["revision", "skip", "fail"]).optional(),
  /** Every form carries this checksum field. Without it forms on AWS carry none, as its policies know no optional fields. */
  checksum: z.literal("sha256").optional(),
  /** What the client is about to send, if it knows: an interrupted upload can then say what is missing. */
  plannedFiles: z.int().nonnegative().max(2_147_483_647).optional(),
  plannedBytes: z.int().nonnegative().optional(),
});
export type OpenUploadInput = z.input<typeof openUploadInput>;

/** A presigned POST for every key under a prefix. `fields.key` is the prefix + `${filename}` and may be replaced. */
export const postPolicy = z.object({
  url: z.url(),
  fields: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
  /** Other URLs that accept the same form. To a browser each is a host with connections of its own. */
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

/** A file a client registers before or while it sends it. Registered again, the file gets the checksums known since. */
const fileToSend = z
  .strictObject({
    path: mediaPath,
    /** The path at the client, if that is another form of Unicode (NFD, as of a Mac): receipts name the file so. */
    sentAs: foundPath.optional(),
    size: z.int().nonnegative(),
    type: printable("A content type", 255).optional(),
    sha256: hex(64).optional(),
    /** Compared with the ETag of the listing, where that is an MD5. */
    md5: hex(32).optional(),
    /** The file's modification time in milliseconds since 1970: a resumed upload detects a changed file by it. */
    modifiedAt: z.int().optional(),
  })
  .refine(({ path, sentAs }) => sentAs === undefined || normalizePath(sentAs) === path, {
    path: ["sentAs"],
    message: "The path at the client must be the same as `path` in Unicode's composed form (NFC).",
  });
export type FileToSend = z.input<typeof fileToSend>;
export const filesInput = z.strictObject({ files: listOf(fileToSend, "files", maxFilesPerCall) });

/** Registered files that the client will not send: skipped, canceled, or sent under another name. */
export const cancelInput = z.strictObject({ paths: listOf(anyPath, "paths", maxFilesPerCall) });

const fileAnswer = z.object({
  path: z.string(),
  /**
   * `present`: the storage has these bytes, and nothing need be sent. `conflict`: the path belongs to a media that this upload
   * may not replace, for the `reason`; what is sent there all the same is rejected when the upload is verified.
   */
  status: z.enum(["present", "post", "multipart", "conflict"]),
  reason: z.string().optional(),
  multipart: z.object({ fileId: z.uuid(), partSize: z.int(), partCount: z.int(), done: z.array(z.int()) }).optional(),
  /** The collection has a file at this path, of the same or of another size. */
  exists: z.enum(["same", "other"]).optional(),
  /** The collection has a file of this size: registered with its `sha256`, this one may be `present`. */
  mayBeKnown: z.boolean().optional(),
});
export type FileAnswer = z.infer<typeof fileAnswer>;
/** In the order of the request. */
export const filesAnswer = z.object({ files: z.array(fileAnswer) });

export const partsInput = z.strictObject({
  fileId: z.uuid(),
  parts: listOf(z.int().min(1).max(maxParts), "parts", maxPartsPerCall),
  /** CRC64NVME of parts by number, signed into their URLs as `x-amz-checksum-crc64nvme`: requests must send that header. */
  checksums: z.record(z.string().regex(/^\d{1,5}$/), base64(8)).optional(),
  /** Some of the policy's `endpoints`, for which the answer has URLs, too. */
  endpoints: z.array(z.url()).max(8).optional(),
});
export type PartsInput = z.input<typeof partsInput>;
const urlsByPart = z.record(z.string(), z.url());
export const partUrls = z.object({
  urls: urlsByPart,
  expiresAt: z.iso.datetime(),
  /** The same parts by endpoint, for those requested that the site knows. */
  elsewhere: z.record(z.string(), urlsByPart).optional(),
});
export type PartUrls = z.infer<typeof partUrls>;

/** As the storage gave it, with its quotes or without. */
const etag = z.string().regex(/^[\x21-\x7e]{1,100}$/, "must be the ETag of a part");

export const completeInput = z.strictObject({
  fileId: z.uuid(),
  /** For parts that are left out, the storage's own list counts. */
  parts: z.array(z.strictObject({ n: z.int().min(1).max(maxParts), etag })).max(maxParts),
  /** CRC64NVME of the whole file: the storage refuses to complete parts that give another one. */
  crc64nvme: base64(8).optional(),
});
export type CompleteInput = z.input<typeof completeInput>;

export const changeUploadInput = z.strictObject({ state: z.enum(["sealed", "aborted"]) });

export const uploadStatus = z.object({
  id: z.uuid(),
  label: z.string(),
  state: z.enum(uploadStates),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  plannedFiles: z.int().nullable(),
  plannedBytes: z.int().nullable(),
  /** Files that are registered and not canceled: a client that resumes the upload must have these again. */
  registeredFiles: z.int().optional(),
  files: z.object({ total: z.int(), verified: z.int(), rejected: z.int(), pending: z.int() }),
  bytes: z.int(),
  /** More files have arrived in an open upload than were counted. */
  isAtLeast: z.boolean().optional(),
  /** At most 1,000 of them. */
  rejected: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** Why the site ended the upload: it held more than there was room for. */
  endReason: z.string().optional(),
  /** When the upload was undone; null when it is not. */
  undoneAt: z.iso.datetime().nullable().optional(),
});
/** An interrupted upload, or one being verified, as the collection's page lists it. */
export type UnfinishedUpload = Pick<UploadStatus, "id" | "state" | "createdAt" | "plannedFiles">;
export type UploadStatus = z.infer<typeof uploadStatus>;
