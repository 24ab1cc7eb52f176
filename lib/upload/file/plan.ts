import { randomUUID } from "node:crypto";
import type { StoredPart } from "@/lib/storage/objects/multipart";
import {
  mayReplace,
  othersFileReason,
  partCountOf,
  partLength,
  partSizeOf,
  type Uploader,
  uploadPolicy,
} from "../policy";
import type { FileAnswer, FileToSend } from "../schema";
import type { FileRow, KnownFile } from "./rows";
import type { ListedFile } from "./stored-facts";

/** What the site and the storage know of a file when a client registers it. */
export type Facts = {
  /** The registration before; absent the first time. */
  row: FileRow | undefined;
  /** The latest version at its key, looked up only where there was a row. */
  listed: ListedFile | undefined;
  /** The parts of the row's multipart; null when the storage no longer has it. */
  parts: StoredPart[] | null | undefined;
  known: KnownFile | undefined;
  uploader: Uploader;
};

export type Plan = {
  row: FileRow;
  answer: FileAnswer;
  /** The multipart of a file that has changed since, or is a conflict now: to be aborted. */
  superseded: string | null;
};

/** Decides what of a file must be sent and what its row becomes. Pure except for the ids of new rows. */
export function planFile(file: FileToSend, facts: Facts): Plan {
  const { listed, known } = facts;
  const isCanceled = facts.row !== undefined && facts.row.canceled_at !== null;
  // Canceled and registered again: a new file. Bytes that are there were sent for the canceled one and may be removed soon.
  const isChanged = facts.row !== undefined && (isCanceled || hasChanged(file, facts.row));
  const kept = isChanged ? undefined : facts.row;
  const isStored = !isCanceled && isTheseBytes(file, kept, listed, facts.parts);
  const isRefuted = isChanged || (listed !== undefined && refutes(file.md5 ?? kept?.md5, listed.md5));
  const sameAsId = known?.same_as_id ?? (file.sha256 === undefined ? kept?.same_as_id : null) ?? null;
  const isConflict = sameAsId === null && isOthers(facts);
  const copyOfId = sameAsId || isStored || isConflict ? null : copyOf(file, kept, known);
  // A conflict reserves nothing, so no part of it may be sent.
  const isInParts = file.size >= uploadPolicy.multipartFromBytes && !isConflict;
  const partSize = isInParts ? (kept?.part_size ?? partSizeOf(file.size)) : null;
  const isGone = (facts.parts === null && !isStored) || isConflict;
  const isOver = (isChanged || isConflict) && facts.row !== undefined && facts.row.completed_at === null;
  const superseded = isOver ? (facts.row?.s3_upload_id ?? null) : null;
  const needed = sameAsId || isConflict ? 0n : BigInt(file.size);
  const held = heldBytes(superseded === null ? facts : { ...facts, parts: null });
  const row: FileRow = {
    id: kept?.id ?? randomUUID(),
    path: file.path,
    sent_as: file.sentAs ?? kept?.sent_as ?? null,
    size_bytes: BigInt(file.size),
    content_type: file.type ?? kept?.content_type ?? null,
    sha256: file.sha256 ?? kept?.sha256 ?? null,
    md5: file.md5 ?? kept?.md5 ?? null,
    crc64nvme: isGone ? null : (kept?.crc64nvme ?? null),
    modified_ms: file.modifiedAt === undefined ? (kept?.modified_ms ?? null) : BigInt(file.modifiedAt),
    reserved_bytes: held > needed ? held : needed,
    s3_upload_id: isGone ? null : (kept?.s3_upload_id ?? null),
    part_size: partSize,
    completed_at: partSize !== null && isStored ? (kept?.completed_at ?? new Date()) : null,
    // A version that is certainly not this file must not be taken for it later.
    stale_version: isStored ? null : ((isRefuted ? listed?.versionId : kept?.stale_version) ?? null),
    copy_of_id: copyOfId,
    same_as_id: sameAsId,
    canceled_at: null,
  };
  if (isConflict) return { row, superseded, answer: conflictAt(file.path, known) };
  const isPresent = isStored || sameAsId !== null || copyOfId !== null;
  return { row, superseded, answer: answerOf(row, facts, isPresent) };
}

/**
 * Returns how much of a reservation is for bytes that have arrived. It stays as long as they do, whatever the file has become:
 * released, it would be given to other files, and these bytes would count as unregistered.
 */
function heldBytes({ row, listed, parts }: Facts): bigint {
  const inParts = (parts ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const arrived = BigInt((listed?.sizeBytes ?? 0) + inParts);
  const reserved = row?.reserved_bytes ?? 0n;
  return arrived < reserved ? arrived : reserved;
}

/** Whether the path belongs to a media that the upload may not replace. */
function isOthers({ known, uploader }: Facts): boolean {
  if (!known || known.media_id === null) return false;
  return !mayReplace(uploader, { createdById: known.made_by_id });
}

function conflictAt(path: string, known: KnownFile | undefined): FileAnswer {
  return { path, status: "conflict", reason: othersFileReason, ...(known?.exists ? { exists: known.exists } : {}) };
}

function answerOf(row: FileRow, { parts, known }: Facts, isPresent: boolean): FileAnswer {
  const sizeBytes = Number(row.size_bytes);
  const hints = {
    ...(known?.exists ? { exists: known.exists } : {}),
    ...(known?.may_be_known && !isPresent ? { mayBeKnown: true } : {}),
  };
  if (isPresent) return { path: row.path, status: "present", ...hints };
  if (row.part_size === null) return { path: row.path, status: "post", ...hints };
  const partSize = row.part_size;
  const stored = row.s3_upload_id === null ? [] : (parts ?? []);
  const whole = stored.filter(({ number, sizeBytes: found }) => found === partLength(sizeBytes, partSize, number));
  const done = whole.map(({ number }) => number).sort((a, b) => a - b);
  return {
    path: row.path,
    status: "multipart",
    multipart: { fileId: row.id, partSize, partCount: partCountOf(sizeBytes, partSize), done },
    ...hints,
  };
}

/** Whether the file differs from its registration: by checksum where both have one, else by modification time. */
function hasChanged(file: FileToSend, row: FileRow): boolean {
  if (BigInt(file.size) !== row.size_bytes) return true;
  if (file.sha256 !== undefined && row.sha256 !== null) return file.sha256 !== row.sha256;
  if (file.md5 !== undefined && row.md5 !== null) return file.md5 !== row.md5;
  return file.modifiedAt !== undefined && row.modified_ms !== null && BigInt(file.modifiedAt) !== row.modified_ms;
}

/** Whether the object at the file's key holds the file's bytes. */
function isTheseBytes(
  file: FileToSend,
  kept: FileRow | undefined,
  listed: ListedFile | undefined,
  parts: StoredPart[] | null | undefined,
): boolean {
  if (!listed || listed.sizeBytes !== file.size) return false;
  const md5 = file.md5 ?? kept?.md5;
  if (md5 && listed.md5) return md5 === listed.md5;
  if (!kept || listed.versionId === kept.stale_version) return false;
  // The multipart is gone and an object of its size is there: it was completed, and the answer was lost.
  if (kept.part_size !== null) return kept.completed_at !== null || parts === null;
  if (file.modifiedAt !== undefined) return kept.modified_ms !== null;
  // Without a modification time the client has just sent the file and reports its checksums.
  return kept.modified_ms !== null && (file.md5 !== undefined || file.sha256 !== undefined);
}

function refutes(md5: string | null | undefined, listed: string | null): boolean {
  return Boolean(md5) && listed !== null && md5 !== listed;
}

function copyOf(file: FileToSend, kept: FileRow | undefined, known: KnownFile | undefined): string | null {
  return known?.copy_of_id ?? (file.sha256 === undefined ? kept?.copy_of_id : null) ?? null;
}
