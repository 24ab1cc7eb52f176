import { type Role, rolesThatMay } from "@/lib/collection/policy";
import { maxPathBytes } from "@/lib/path/policy";
import { fitLine } from "@/lib/text/policy";

const MIB = 1024 * 1024;
const TIB = MIB * MIB;
const DAY = 24 * 60 * 60;

/** The limits of uploads: one set for the picker, the signer, the verifier and the screens. */
export const uploadPolicy = {
  /** The largest object S3 accepts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
  maxFileBytes: 5 * TIB,
  /** The limit of one form post, as the POST policies state it. Larger files are sent in parts. */
  maxPostBytes: 64 * MIB,
  /** From this size on a file is sent in parts. */
  multipartFromBytes: 16 * MIB,
  minPartBytes: 8 * MIB,
  maxParts: 10_000,
  maxPathBytes,
  policyTtlSeconds: 15 * 60,
  /** The client renews its policy when less than this is left of it. */
  policyRenewBeforeSeconds: 3 * 60,
  /** An open upload expires after this time without a request. */
  uploadTtlSeconds: 7 * DAY,
  /** A request extends an upload that has less than this left to the full time … */
  uploadExtendBelowSeconds: 6 * DAY,
  /** … but not beyond this age. Shorter than the bucket keeps parts that were never completed (lib/infra). */
  uploadMaxLifeSeconds: 60 * DAY,
  parallelPosts: 6,
  /** Uploads that one person may have open at a time. */
  maxOpenUploads: 100,
  maxLabelCharacters: 200,
  maxMetadataKeys: 32,
  maxMetadataKeyCharacters: 256,
  maxMetadataValueCharacters: 1_024,
  /** Files of one call, and parts of one call. */
  maxFilesPerCall: 1_000,
  maxPartsPerCall: 100,
  /** How often the stored bytes of an open upload are compared with what its files reserve, where there is a quota. */
  measureEverySeconds: 5 * 60,
  /** An upload that got no policy for an hour is measured this often: bodies that are sent slowly may still arrive. */
  measureIdleEverySeconds: 6 * 60 * 60,
  idleAfterSeconds: 60 * 60,
  /** For how long an upload may hold more than there is room for before it is ended: as long as its last policy lives. */
  overGraceSeconds: 15 * 60,
  /** The longest life of a grant to write under an upload's prefix: temporary credentials. */
  longestGrantSeconds: 60 * 60,
  /** How long after its grant a body that is sent slowly may arrive: 36 hours were seen. */
  lateBodySeconds: 2 * DAY,
  /** What lies under a prefix of no known upload is removed once it is, and has been known for, so old. */
  unknownPrefixSeconds: 30 * DAY,
} as const;

/** Returns the label of an upload of one folder, by which the folder is recognized when it is added again; null for none. */
export function labelOf(folder: string): string | null {
  return fitLine(folder, uploadPolicy.maxLabelCharacters);
}

/** Returns the message that says why a file of this size cannot be uploaded; null when it can. */
export function sizeProblem(sizeBytes: number): string | null {
  if (sizeBytes > uploadPolicy.maxFileBytes) {
    return `The file has ${sizeText(sizeBytes)}; files up to ${sizeText(uploadPolicy.maxFileBytes)} can be uploaded here.`;
  }
  return null;
}

const sizeUnits = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Formats a size: 1,610,612,736 → "1.5 GiB". In binary units, as the limits are. */
export function sizeText(sizeBytes: number): string {
  let power = 0;
  while (sizeBytes >= 1024 ** (power + 1) && power < sizeUnits.length - 1) power += 1;
  // Rounded up, so that a size above a limit never reads as the limit.
  const value = Math.ceil((sizeBytes / 1024 ** power) * 10) / 10;
  if (sizeBytes === 1) return "1 byte";
  return `${value.toLocaleString("en")} ${sizeUnits[power]}`;
}

/**
 * Returns the part size of a file in bytes: the smallest of 8 MiB, 16 MiB, 32 MiB … with which it has at most 10,000 parts.
 * It depends on the size alone, so every client that resumes a file splits it alike. Throws RangeError above 5 TiB.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export function partSizeOf(sizeBytes: number): number {
  if (sizeBytes > uploadPolicy.maxFileBytes) throw new RangeError("no object is larger than 5 TiB");
  let partSize: number = uploadPolicy.minPartBytes;
  while (sizeBytes > partSize * uploadPolicy.maxParts) partSize *= 2;
  return partSize;
}

/** Returns how many parts a file of this size has. */
export function partCountOf(sizeBytes: number, partSize: number): number {
  return Math.max(1, Math.ceil(sizeBytes / partSize));
}

/** Returns the length in bytes of part `n`, counted from 1: the part size, except for the last part, which is the rest. */
export function partLength(sizeBytes: number, partSize: number, n: number): number {
  return Math.min(partSize, sizeBytes - partSize * (n - 1));
}

/** What can be done about a path that the collection has: a new revision, nothing, or a path beside it ("name (2).jpg"). */
export const conflictChoices = ["revision", "skip", "both"] as const;
export type ConflictChoice = (typeof conflictChoices)[number];

/** Who an upload is by. `userId` null: no person; `role` null: no longer a member. */
export type Uploader = { userId: string | null; role: Role | null };

/**
 * Whether an upload may add a revision to a media that exists, in the trash or not: its uploader made the media, or may edit all
 * media of the collection. A media of no one is another person's. Asked when files are registered, again when they are
 * verified, and when an upload is undone or redone.
 */
export function mayReplace({ userId, role }: Uploader, media: { createdById: string | null }): boolean {
  if (role !== null && rolesThatMay("editMedia").includes(role)) return true;
  return userId !== null && userId === media.createdById;
}

/** Returns the choices for a path that the collection has, by whether the upload may replace the media there. */
export function choicesFor(isReplaceable: boolean): readonly ConflictChoice[] {
  return isReplaceable ? conflictChoices : conflictChoices.filter((choice) => choice !== "revision");
}

/** Why a file is a conflict: `mayReplace` forbids it. */
export const othersFileReason =
  "This path belongs to a file that another person added. That file is unchanged: only they and editors of the collection may replace it. Upload yours under another name.";

export const uploadStates = ["open", "sealed", "verified", "aborted", "expired"] as const;
export type UploadState = (typeof uploadStates)[number];

/** The states each verb may start from, enforced by the `where` of the update. */
export const uploadFrom = {
  renewPolicy: ["open"],
  send: ["open"],
  seal: ["open"],
  abort: ["open", "sealed"],
  verify: ["sealed"],
  expire: ["open"],
  reap: ["verified", "aborted", "expired"],
  undo: ["verified", "aborted"],
} as const satisfies Record<string, readonly UploadState[]>;

/** Returns why an upload with more stored bytes than there is room for is ended. */
export function overReason(overBytes: number): string {
  return `This upload was ended and its files were removed: it held ${sizeText(overBytes)} more than there was space for, in files that were not registered first. Nothing else was changed. Ask the site's administrator for more space, then start a new upload.`;
}

/** Why an upload that holds more than there is room for gets no new policy. */
export const overMessage =
  "This upload holds more than there is space for, so nothing more can be sent to it. Finish it now to keep what fits: otherwise it is ended, and its files are removed.";

/** Why no other upload of a person gets a policy while one of them holds more than there is room for. */
export const anotherOverMessage =
  "Another of your uploads holds more than there is space for, so nothing more can be sent to others. Nothing is lost. Finish or discard that one now, or try again later.";

/** Why a full collection takes no new upload while one to it holds more than there is room for. */
export const collectionOverMessage =
  "This collection is full: an upload to it holds more than there is space for. Nothing was changed. Try again later, or ask the site's administrator for more space.";

/** Why an unregistered file beyond the quota does not become media. Its bytes are removed. */
export const noSpaceReason =
  "There was not enough space for this file, so it was not kept. Ask the site's administrator for more space, then upload it again.";

/** Why one of two names that differ only in their form of Unicode does not become media. */
export const twinReason =
  "Another file of this upload has the same name, with accents written in another way (Unicode NFC and NFD). That file was kept. Rename this one and upload it again.";
