import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Prisma, type Transaction } from "@/lib/db";
import { notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockAccounts, lockUpload, longTransaction } from "@/lib/locks";
import { bucketPermit } from "@/lib/owner/commands";
import { type Found, insertRevisions, selectSame } from "@/lib/revision/rows";
import { reserveTurns, selectPendingOf } from "@/lib/revision/turn/rows";
import { pathOfKey, uploadPrefix } from "@/lib/storage/keys";
import { abortMultiparts } from "@/lib/storage/objects/deletion";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/objects/list";
import { filePathOf } from "../file/keys";
import { selectFiles } from "../file/rows";
import { mayReplace, noSpaceReason, othersFileReason, twinReason, type Uploader } from "../policy";
import { chargeUpload, ending, type LockedUpload, least, releaseReserved, spaceOf, uploaderOf } from "../rows";
import { type CheckedPage, checkListing, type Rejection } from "./check-listing";
import { copyKnownFiles } from "./copy-known";
import { insertSame, rejectMissing, selectRecorded } from "./rows";

const sealedSelect = { id: true, collectionId: true, createdById: true, conflict: true } satisfies Prisma.UploadSelect;
type Sealed = Prisma.UploadGetPayload<{ select: typeof sealedSelect }>;
/** A revision that waits to be derived, with the priority of its job; `personId` is null where the account no longer exists. */
type Pending = { id: string; priority: number; personId: string | null };

/**
 * Makes media of the files of a sealed upload, from the bucket's listing: one list call per 1,000 files, and one HEAD for each
 * file that was sent in parts without a checksum. Pins the latest version of each key; versions that a replayed policy adds
 * later, even between two pages or two runs, change nothing. Files that differ from their registration are rejected, and
 * registered files that never arrived are recorded as missing. Bytes that their media hold already add no revision; bytes that
 * the collection has at another path are copied within the storage first. A path that belongs to another person's media is
 * rejected unless the uploader may edit that media now, whatever was said when it was registered.
 *
 * Each page is one transaction and can run again: a crash costs only the page it was in. `onVerified` gets the revisions of
 * each page that wait to be derived, after the page is committed. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 */
export async function verifyUpload(
  viewer: Viewer,
  uploadId: string,
  onVerified: (revisions: Pending[]) => Promise<void>,
): Promise<void> {
  if (viewer.kind !== "system") throw notFound("upload");
  const upload = await db().upload.findFirst({ where: { id: uploadId, state: "sealed" }, select: sealedSelect });
  if (!upload) return; // Verified by another run, or aborted since it was queued.
  // Before anything that may fail: an upload that fails does not delay others.
  await db().upload.updateMany({ where: { id: upload.id }, data: { verifyTriedAt: new Date() } });
  const permit = await bucketPermit(viewer);
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  await abortMultiparts(permit, prefix);
  await copyKnownFiles(permit, upload, prefix);
  for await (const page of listObjectVersions(prefix)) {
    const pending = await verifyPage(upload, prefix, page);
    if (pending === null) return; // Aborted, or verified by another run, since this one started.
    if (pending.length > 0) await onVerified(pending);
  }
  await rejectAllMissing(upload);
  await recordVerified(viewer, upload);
}

async function verifyPage(upload: Sealed, prefix: string, page: ListedVersion[]): Promise<Pending[] | null> {
  const whole = await checkListing(prefix, page, (paths) => selectFiles(upload.id, paths));
  return db().$transaction(async (tx) => {
    const accounts = await lockAccounts(tx, upload);
    const locked = await lockUpload(tx, upload.id);
    if (locked?.state !== "sealed") return null;
    const paths = [...whole.found, ...whole.rejections].map(({ path }) => path);
    const recorded = await selectRecorded(tx, upload, paths);
    const { found, twins } = withoutTwins(prefix, whole.found, recorded);
    const rejections = [...whole.rejections.filter(({ path }) => !recorded.has(path)), ...twins];
    const checked = { ...whole, found, rejections };
    const same = await selectSame(tx, upload, checked.found);
    await insertSame(tx, upload.id, checked.found, same);
    const { accepted, refused } = await applyConflict(
      tx,
      upload,
      checked.found.filter(({ path }) => !same.has(path)),
    );
    const { fitting, beyond } = withinSpace(checked, accepted, spaceOf(accounts, locked)?.left ?? null);
    const { count: rejected } = await tx.uploadRejection.createMany({
      data: [...checked.rejections, ...refused, ...beyond].map((rejection) => ({ ...rejection, uploadId: upload.id })),
      skipDuplicates: true,
    });
    const turns = await reserveTurns(tx, upload.id, fitting.length);
    const inserted = await insertRevisions(tx, upload, fitting, turns);
    await chargeInserted(tx, upload, locked, { prefix, checked, inserted });
    await addCounts(tx, upload, {
      made: inserted.length,
      bytes: inserted.reduce((sum, { size_bytes }) => sum + size_bytes, 0n),
      unchanged: same.size,
      rejected,
    });
    // Including those of an earlier run.
    return selectPendingOf(
      tx,
      upload.id,
      whole.found.map(({ key }) => key),
    );
  }, longTransaction);
}

/**
 * Takes the files that are not recorded yet. A name in two forms of Unicode is one path: the first of them becomes the file, in
 * the order of the listing, and the others are rejected, so that none is lost in silence.
 */
function withoutTwins(prefix: string, files: Found[], recorded: ReadonlyMap<string, string | null>) {
  const keys = new Map(recorded);
  const found: Found[] = [];
  const twins: Rejection[] = [];
  for (const file of files) {
    const { path, key, sizeBytes } = file;
    const taken = keys.get(path);
    if (taken === undefined) {
      keys.set(path, key);
      found.push(file);
    } else if (taken !== null && taken !== key) {
      twins.push({ path: pathOfKey(prefix, key), sizeBytes, reason: twinReason });
    }
  }
  return { found, twins };
}

type Counts = { made?: number; bytes?: bigint; unchanged?: number; rejected: number };

/** Needs the upload's lock, in the transaction that records what is counted. */
async function addCounts(tx: Transaction, upload: Sealed, counts: Counts): Promise<void> {
  const { made = 0, bytes = 0n, unchanged = 0, rejected } = counts;
  await tx.upload.update({
    where: { id: upload.id },
    data: {
      verifiedFiles: { increment: made + unchanged },
      verifiedBytes: { increment: bytes },
      unchangedFiles: { increment: unchanged },
      rejectedFiles: { increment: rejected },
    },
  });
}

/** Splits files by whether they may be added: those at paths that the collection has become revisions, or are refused. */
async function applyConflict(tx: Transaction, upload: Sealed, found: Found[]) {
  const uploader = await uploaderOf(tx, upload);
  const mayReplaceAny = mayReplace(uploader, { createdById: null });
  if (upload.conflict === "revision" && mayReplaceAny) return { accepted: found, refused: [] };
  const taken = await tx.media.findMany({
    where: { collectionId: upload.collectionId, path: { in: found.map(({ path }) => path) } },
    select: { path: true, createdById: true, deletedAt: true },
  });
  const reasons = new Map(taken.map((media) => [media.path, conflictReason(upload, uploader, media)]));
  const reasonOf = ({ path }: Found) => reasons.get(path) ?? null;
  return {
    accepted: found.filter((file) => reasonOf(file) === null),
    refused: found.flatMap((file) => {
      const reason = reasonOf(file);
      return reason === null ? [] : [{ path: file.path, sizeBytes: file.sizeBytes, reason }];
    }),
  };
}

type Taken = { createdById: string | null; deletedAt: Date | null };

/** Returns why a file may not become a revision of this media; null when it may. */
function conflictReason({ conflict }: Sealed, uploader: Uploader, media: Taken): string | null {
  if (media.deletedAt === null && conflict === "skip") return "There is a file at this path already. It is unchanged.";
  if (media.deletedAt === null && conflict === "fail")
    return "There is a file at this path already, and this upload does not replace existing files. The file there is unchanged.";
  return mayReplace(uploader, media) ? null : othersFileReason;
}

/**
 * Splits files by whether they fit the quota. Registered files have reserved bytes, on this page and on later ones; unregistered
 * files share `space`, which no file has reserved. Without a quota everything fits.
 */
function withinSpace({ registered }: CheckedPage, accepted: Found[], space: bigint | null) {
  if (space === null) return { fitting: accepted, beyond: [] };
  const fitting: Found[] = [];
  const beyond: Rejection[] = [];
  let left = space;
  for (const file of accepted) {
    const { path, sizeBytes } = file;
    const lacks = BigInt(sizeBytes) - (registered.get(path) ?? 0n);
    if (lacks > left) beyond.push({ path, sizeBytes, reason: noSpaceReason });
    else fitting.push(file);
    if (lacks > 0n && lacks <= left) left -= lacks;
  }
  return { fitting, beyond };
}

type Inserted = { prefix: string; checked: CheckedPage; inserted: { key: string; size_bytes: bigint }[] };

/**
 * Turns the bytes reserved for these files into used bytes. What is reserved for other files, registered or not, stays
 * reserved.
 */
async function chargeInserted(
  tx: Transaction,
  upload: Sealed,
  locked: LockedUpload,
  { prefix, checked: { registered }, inserted }: Inserted,
): Promise<void> {
  const used = inserted.reduce((sum, { size_bytes }) => sum + size_bytes, 0n);
  const reservedFor = (key: string) => registered.get(filePathOf(prefix, key)) ?? 0n;
  const theirs = inserted.reduce((sum, { key }) => sum + reservedFor(key), 0n);
  const lacked = inserted.reduce((sum, { key, size_bytes }) => {
    const lacks = size_bytes - reservedFor(key);
    return lacks > 0n ? sum + lacks : sum;
  }, 0n);
  const taken = least(lacked, locked.unregistered_bytes);
  const reserved = locked.reserved_bytes - least(theirs + taken, locked.reserved_bytes);
  const unregistered = least(locked.unregistered_bytes - taken, reserved);
  await chargeUpload(tx, upload, {
    used,
    reserved: reserved - locked.reserved_bytes,
    unregistered: unregistered - locked.unregistered_bytes,
  });
}

async function recordVerified(viewer: Viewer, upload: Sealed): Promise<void> {
  await db().$transaction(async (tx) => {
    await lockAccounts(tx, upload);
    await releaseReserved(tx, upload);
    const [verified] = await tx.upload.updateManyAndReturn({
      where: { id: upload.id, state: "sealed" },
      data: ending("verified"),
      select: { verifiedFiles: true, verifiedBytes: true, unchangedFiles: true },
    });
    if (!verified) return;
    const { verifiedFiles: files, verifiedBytes, unchangedFiles: unchanged } = verified;
    await recordEvent(tx, viewer, {
      action: "upload.verified",
      subjectType: "upload",
      subjectId: upload.id,
      collectionId: upload.collectionId,
      detail: { files, bytes: Number(verifiedBytes), ...(unchanged > 0 ? { unchanged } : {}) },
    });
  }, longTransaction);
}

/** Rejects files that were registered and are neither recorded nor rejected: they never arrived. */
async function rejectAllMissing(upload: Sealed): Promise<void> {
  for (let after: string | null = ""; after !== null; ) {
    const from: string = after;
    after = await db().$transaction((tx) => rejectMissingPage(tx, upload, from), longTransaction);
  }
}

/** Returns the path after which the next page begins; null after the last one, and when the upload is no longer sealed. */
async function rejectMissingPage(tx: Transaction, upload: Sealed, after: string): Promise<string | null> {
  if ((await lockUpload(tx, upload.id))?.state !== "sealed") return null;
  const { missing, last } = await rejectMissing(tx, upload, after);
  await addCounts(tx, upload, { rejected: missing });
  return last;
}
