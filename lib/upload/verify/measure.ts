import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockAccounts, lockUpload, longTransaction } from "@/lib/locks";
import { bucketPermit } from "@/lib/owner/commands";
import { uploadPrefix } from "@/lib/storage/keys";
import { abortMultipart, deleteVersions } from "@/lib/storage/objects/deletion";
import { type ListedVersion, latestVersions, listObjectVersions } from "@/lib/storage/objects/list";
import { listMultiparts, listParts, type Multipart } from "@/lib/storage/objects/multipart";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { isStorable } from "@/lib/text/policy";
import { filePathOf, keysOfFile } from "../file/keys";
import { type FileRow, selectFiles } from "../file/rows";
import { overReason, uploadPolicy } from "../policy";
import { chargeUpload, ending, least, releaseReserved, spaceOf } from "../rows";

export type Measured = {
  /** Stored beyond what the files reserve: sent without being registered, or larger than registered. */
  unregisteredBytes: number;
  /**
   * Versions that were removed, of canceled files and those that another version has replaced, and multiparts that were superseded.
   */
  removed: number;
  state: "within" | "over" | "ended";
};

const measuredSelect = {
  id: true,
  collectionId: true,
  createdById: true,
  keepsUnpinned: true,
  credentialsUntil: true,
} satisfies Prisma.UploadSelect;
type Open = Prisma.UploadGetPayload<{ select: typeof measuredSelect }>;

/**
 * Compares what lies under the prefix of an open upload with what its files reserve, and reserves the rest as far as there is
 * room: a file that was not registered counts, too. An upload with more than there is room for gets no new policy, nor do others
 * of its person, and is ended when it still has more as long as a policy lives later. Removes versions and parts that cannot
 * become media, and counts them once: who goes on sending them has more each time. Those of an upload that keeps what no revision
 * pins are counted as long as they stay. Idempotent. Returns null when the upload is not open. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 */
export async function measureUpload(viewer: Viewer, uploadId: string, now = new Date()): Promise<Measured | null> {
  if (viewer.kind !== "system") throw notFound("upload");
  const where = { id: requireId(uploadId, "upload"), state: "open" } as const;
  const upload = await db().upload.findFirst({ where, select: measuredSelect });
  if (!upload) return null;
  // Before anything that may fail: an upload that fails does not delay others.
  await db().upload.updateMany({ where, data: { measuredAt: now } });
  const permit = await bucketPermit(viewer);
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const found = await measureParts(permit, upload, prefix);
  if (!found) return null;
  let [latestKey, resentKey] = ["", ""];
  for await (const page of listObjectVersions(prefix)) {
    // After the listing: a version that was listed while its path was canceled belongs to no registered file.
    const rows = await rowsAt(upload.id, prefix, page);
    const reserved = await reservedAt(prefix, page, rows);
    const useless: ListedVersion[] = [];
    for (const version of page) {
      const row = rows.get(filePathOf(prefix, version.key));
      // The latest version of a key is listed first; where that is a delete marker, an operator made it.
      if (version.isLatest) latestKey = version.key;
      const isReplaced = !version.isLatest && version.key === latestKey;
      const bytesOf = reserved.get(version.key) ?? 0n;
      if (!upload.keepsUnpinned && (isReplaced || row?.canceled_at)) {
        useless.push(version);
        // A file may have been sent twice, where the answer to the first time was lost.
        const isResent = isReplaced && version.key !== resentKey;
        found.removedBytes += beyond(version, isResent ? bytesOf : 0n);
        if (isResent) resentKey = version.key;
      } else found.bytes += beyond(version, version.isLatest ? bytesOf : 0n);
    }
    // After the listing, too: a version that was replaced while the upload was open is never pinned. One that was pinned and
    // then replaced by a replayed policy must stay.
    if (useless.length > 0 && !(await mayRemove(upload.id))) return null;
    await deleteVersions(permit, useless);
    found.removed += useless.length;
  }
  const state = await recordBytes(viewer, upload, found, now);
  return state && { unregisteredBytes: Number(found.bytes), removed: found.removed, state };
}

/** False when the upload has ended or has come to keep everything since it was selected: the next measurement finds out. */
async function mayRemove(id: string): Promise<boolean> {
  return (await db().upload.count({ where: { id, state: "open", keepsUnpinned: false } })) > 0;
}

/** Returns the registrations at these keys, by path; PostgreSQL refuses a NUL in a parameter, and no such path is registered. */
function rowsAt(uploadId: string, prefix: string, keyed: { key: string }[]): Promise<Map<string, FileRow>> {
  const paths = new Set(keyed.map(({ key }) => filePathOf(prefix, key)));
  return selectFiles(uploadId, [...paths].filter(isStorable));
}

/**
 * Returns the bytes that files reserve for these keys. Where a name lies there in several forms of Unicode, the keys are one file:
 * the first of `keysOfFile` has its reservation, and the others have none.
 */
async function reservedAt(
  prefix: string,
  page: ListedVersion[],
  rows: ReadonlyMap<string, FileRow>,
): Promise<Map<string, bigint>> {
  const claims = page.flatMap(({ key }) => {
    const row = rows.get(filePathOf(prefix, key));
    const keys = row ? keysOfFile(prefix, row) : [];
    return row && keys.includes(key)
      ? [{ key, bytes: row.reserved_bytes, before: keys.slice(0, keys.indexOf(key)) }]
      : [];
  });
  // Calls the storage only for names that are not in NFC: those in NFC come first.
  const first = await latestVersions(
    prefix,
    claims.flatMap(({ before }) => before),
  );
  const granted = claims.filter(({ before }) => !before.some((key) => first.has(key)));
  return new Map(granted.map(({ key, bytes }) => [key, bytes]));
}

function beyond({ sizeBytes }: ListedVersion, reserved: bigint): bigint {
  const lacks = BigInt(sizeBytes) - reserved;
  return lacks > 0n ? lacks : 0n;
}

/** What lies under a prefix: bytes beyond what is reserved, and what was removed. */
type Stored = { bytes: bigint; removed: number; removedBytes: bigint };

/**
 * Returns the bytes of parts for which no file has reserved anything. Aborts multiparts of files that are canceled or have another one:
 * an abort that failed must not count against the upload. Returns null when the upload is no longer open.
 */
async function measureParts(permit: BucketPermit, upload: Open, prefix: string): Promise<Stored | null> {
  const found = { bytes: 0n, removed: 0, removedBytes: 0n };
  for await (const page of listMultiparts(prefix)) {
    // After the listing: a file that is registered again later starts a multipart that was not listed.
    const rows = await rowsAt(upload.id, prefix, page);
    for (const multipart of page) {
      const row = rows.get(filePathOf(prefix, multipart.key));
      const isUseless = row && (row.canceled_at !== null || (isSuperseded(multipart, row) && !sendsByItself(upload)));
      if (isUseless && !upload.keepsUnpinned) {
        if (!(await mayRemove(upload.id))) return null;
        await abortMultipart(permit, multipart);
        found.removed += 1;
        continue;
      }
      const isReserved = row?.s3_upload_id === multipart.s3UploadId && row.reserved_bytes > 0n;
      if (isReserved) continue;
      for (const { sizeBytes } of (await listParts(multipart)) ?? []) found.bytes += BigInt(sizeBytes);
    }
  }
  return found;
}

/** A file that is sent in parts and has no multipart may be about to record this one. */
function isSuperseded({ s3UploadId }: Multipart, row: FileRow): boolean {
  return row.part_size === null || (row.s3_upload_id !== null && row.s3_upload_id !== s3UploadId);
}

/** Whoever has credentials of the storage makes multiparts without asking, of files that are registered, too: those count as they are. */
function sendsByItself({ credentialsUntil }: Open): boolean {
  return credentialsUntil !== null;
}

/** Returns null when the upload is no longer open. */
async function recordBytes(
  viewer: Viewer,
  upload: Open,
  { bytes, removedBytes }: Stored,
  now: Date,
): Promise<Measured["state"] | null> {
  return db().$transaction(async (tx) => {
    const accounts = await lockAccounts(tx, upload);
    const locked = await lockUpload(tx, upload.id);
    if (locked?.state !== "open") return null;
    // Without a quota there is room for everything, and nothing need be counted.
    const left = spaceOf(accounts, locked)?.left ?? null;
    const held = bytes + removedBytes;
    const over = left === null || held <= left ? 0n : held - left;
    const overSince = over > 0n ? (locked.over_since ?? now) : null;
    // Ended before its grants have expired, it would let them go on unmeasured, and its person open others.
    const graceEnds = overSince && new Date(overSince.getTime() + uploadPolicy.overGraceSeconds * 1_000);
    const isGranted = upload.credentialsUntil !== null && upload.credentialsUntil > now;
    if (graceEnds && graceEnds <= now && !isGranted) {
      await releaseReserved(tx, upload);
      const endReason = overReason(Number(over));
      await tx.upload.update({ where: { id: upload.id }, data: { ...ending("aborted", now), endReason } });
      await recordEvent(tx, viewer, {
        action: "upload.aborted",
        subjectType: "upload",
        subjectId: upload.id,
        collectionId: upload.collectionId,
        detail: { overBytes: Number(over) },
      });
      return "ended";
    }
    const unregistered = (left === null ? 0n : least(bytes, left)) - locked.unregistered_bytes;
    await chargeUpload(tx, upload, { reserved: unregistered, unregistered });
    await tx.upload.update({ where: { id: upload.id }, data: { overSince } });
    return over > 0n ? "over" : "within";
  }, longTransaction);
}
