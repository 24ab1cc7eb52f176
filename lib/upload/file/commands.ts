import "server-only";
import type { z } from "zod";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Transaction } from "@/lib/db";
import { AppError, requireId } from "@/lib/errors";
import { type Account, lockAccounts, longTransaction } from "@/lib/locks";
import { bucketPermit } from "@/lib/owner/commands";
import { pathProblem } from "@/lib/path/policy";
import type { Space } from "@/lib/quota/rows";
import { originalKey, uploadPrefix } from "@/lib/storage/keys";
import { abortMultipart } from "@/lib/storage/objects/deletion";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { isStorable } from "@/lib/text/policy";
import { sizeProblem, sizeText } from "../policy";
import { type OpenUpload, openUploadOf } from "../queries";
import { chargeUpload, extendUpload, type LockedUpload, least, lockOpenUpload, spaceOf, uploaderOf } from "../rows";
import type { FileAnswer, filesInput } from "../schema";
import { type Plan, planFile } from "./plan";
import { removeCanceled } from "./remove-canceled";
import { addChecksums, type FileRow, markCanceled, selectFiles, selectKnown, upsertFiles } from "./rows";
import { storedFacts } from "./stored-facts";

type FileToRegister = z.output<typeof filesInput>["files"][number];

/** How often files are looked up again because another call canceled some of them meanwhile. */
const lookupsAtMost = 5;

/**
 * Registers files before they are sent, or adds checksums to files that are registered, and reserves their bytes. Returns for
 * each file, in order, whether to post it, to send it in parts or not to send it. Idempotent. Throws INVALID (a path, a size),
 * TOO_LARGE (the quota, for all files together), CONFLICT (the upload is not open), READ_ONLY, UNAVAILABLE.
 */
export async function registerFiles(viewer: Viewer, uploadId: string, files: FileToRegister[]): Promise<FileAnswer[]> {
  const upload = await openUploadOf(viewer, uploadId);
  requireSendable(files);
  const permit = await bucketPermit(viewer);
  await extendUpload(upload);
  for (let lookups = 0; lookups < lookupsAtMost; lookups += 1) {
    const plans = await planAndReserve(permit, upload, files);
    if (!plans) continue;
    await abortSuperseded(permit, uploadPrefix(upload.collectionId, upload.id), plans);
    return plans.map(({ answer }) => answer);
  }
  throw new AppError(
    "UNAVAILABLE",
    "Some of these files are being canceled elsewhere. Nothing is lost. Try again in a few seconds.",
    { retryAfterSeconds: 2 },
  );
}

/** Returns null when another call canceled some of the files since they were looked up: their bytes are not removed yet. */
async function planAndReserve(
  permit: BucketPermit,
  upload: OpenUpload,
  files: FileToRegister[],
): Promise<Plan[] | null> {
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const paths = files.map(({ path }) => path);
  const before = await selectFiles(upload.id, paths);
  const canceled = [...before.values()].filter(isCanceled);
  await removeCanceled(permit, upload.id, prefix, canceled);
  const stored = await storedFacts(prefix, [...before.values()], new Map(files.map(({ path, md5 }) => [path, md5])));
  const known = await selectKnown(
    upload,
    files.map(({ path, size, sha256 }) => ({ path, sizeBytes: BigInt(size), sha256: sha256 ?? null })),
  );
  return db().$transaction(async (tx) => {
    const accounts = await lockAccounts(tx, upload);
    const locked = await lockOpenUpload(tx, upload.id);
    const uploader = await uploaderOf(tx, upload);
    // Again, under the lock: another tab may have registered the same files since.
    const rows = await selectFiles(upload.id, paths, tx);
    if ([...rows.values()].some((row) => isCanceled(row) && !isSameRegistration(before.get(row.path), row)))
      return null;
    const planned = files.map((file) => {
      const row = rows.get(file.path);
      const parts = row?.s3_upload_id ? stored.parts.get(row.s3_upload_id) : undefined;
      const facts = { row, listed: stored.listed.get(file.path), parts, known: known.get(file.path), uploader };
      return planFile(file, facts);
    });
    const reservedBefore = [...rows.values()].reduce((sum, { reserved_bytes }) => sum + reserved_bytes, 0n);
    const more = planned.reduce((sum, { row }) => sum + row.reserved_bytes, 0n) - reservedBefore;
    await reserve(tx, upload, { accounts, locked, bytes: more });
    await upsertFiles(
      tx,
      upload.id,
      planned.map(({ row }) => row),
    );
    return planned;
  }, longTransaction);
}

/**
 * Adds checksums to registered files while they are being sent. Does not ask the storage what it has of them, which is most of
 * the cost of `registerFiles`; files that differ from their registration go there. Idempotent. Throws as `registerFiles`.
 */
export async function registerChecksums(viewer: Viewer, uploadId: string, files: FileToRegister[]): Promise<void> {
  const upload = await openUploadOf(viewer, uploadId);
  await extendUpload(upload);
  const known = await db().$transaction(async (tx) => {
    await lockOpenUpload(tx, upload.id);
    return addChecksums(
      tx,
      upload.id,
      files.filter(({ path }) => isStorable(path)),
    );
  }, longTransaction);
  const others = files.filter(({ path }) => !known.has(path));
  if (others.length > 0) await registerFiles(viewer, uploadId, others);
}

function isCanceled({ canceled_at }: FileRow): boolean {
  return canceled_at !== null;
}

/** Whether both rows are one registration: a path that is registered again after it was canceled gets another id. */
function isSameRegistration(before: FileRow | undefined, { id }: FileRow): boolean {
  return before !== undefined && isCanceled(before) && before.id === id;
}

/** Cancels one registered file by its id, as `cancelFiles` does. */
export async function cancelFile(viewer: Viewer, uploadId: string, fileId: string): Promise<void> {
  await cancel(viewer, uploadId, { id: requireId(fileId, "file") });
}

/**
 * Cancels registered files that the client will not send (skipped, canceled, sent under another name): releases their reserved
 * bytes and removes their parts and what has arrived. What arrives later becomes no media, and verification does not report the
 * files as missing. Registered again, they must be sent again. Ignores paths that are not registered. Idempotent. Throws
 * NOT_FOUND, CONFLICT (upload not open), UNAVAILABLE.
 */
export async function cancelFiles(viewer: Viewer, uploadId: string, paths: string[]): Promise<void> {
  // No registered file has such a path, and PostgreSQL refuses it in a parameter.
  await cancel(viewer, uploadId, { paths: paths.filter(isStorable) });
}

/** What fails after the commit is removed when the call is repeated, and at the latest by the reaper. */
async function cancel(viewer: Viewer, uploadId: string, which: { paths: string[] } | { id: string }): Promise<void> {
  const upload = await openUploadOf(viewer, uploadId);
  const permit = await bucketPermit(viewer);
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const canceled = await db().$transaction(async (tx) => {
    await lockAccounts(tx, upload);
    await lockOpenUpload(tx, upload.id);
    const files = await markCanceled(tx, upload.id, which);
    await chargeUpload(tx, upload, { reserved: -files.reduce((sum, { released }) => sum + released, 0n) });
    return files;
  }, longTransaction);
  for (const { path, s3_upload_id: s3UploadId } of canceled) {
    if (s3UploadId !== null) await abortMultipart(permit, { key: originalKey(prefix, path), s3UploadId });
  }
  await removeCanceled(permit, upload.id, prefix, canceled);
}

function requireSendable(files: FileToRegister[]): void {
  const seen = new Set<string>();
  const issues = files.flatMap(({ path, size }, index) => {
    const twice = seen.has(path) ? "The path is listed twice in one call." : null;
    seen.add(path);
    const nameMessage = pathProblem(path) ?? twice;
    const sizeMessage = sizeProblem(size);
    return [
      ...(nameMessage ? [{ path: `files.${index}.path`, message: nameMessage }] : []),
      ...(sizeMessage ? [{ path: `files.${index}.size`, message: sizeMessage }] : []),
    ];
  });
  if (issues[0]) throw new AppError("INVALID", issues[0].message, { issues });
}

type ToReserve = {
  accounts: Account[];
  locked: LockedUpload;
  /** Negative when files shrank. */
  bytes: bigint;
};

/** Needs the locks of `lockAccounts` and of the upload. Throws TOO_LARGE (the quota). */
async function reserve(tx: Transaction, upload: OpenUpload, { accounts, locked, bytes }: ToReserve): Promise<void> {
  const space = spaceOf(accounts, locked);
  if (space && bytes > space.left) throw new AppError("TOO_LARGE", quotaMessage(space, bytes));
  // Files that arrived before they were registered may have been reserved as unregistered ones.
  const taken = bytes > 0n ? least(bytes, locked.unregistered_bytes) : 0n;
  await chargeUpload(tx, upload, { reserved: bytes - taken, unregistered: -taken });
}

function quotaMessage({ of, left, quota }: Space, wanted: bigint): string {
  const whose = of === "collection" ? "this collection's" : "your";
  const rest = left === 0n ? "nothing" : sizeText(Number(left));
  return `Not enough space: these files need ${sizeText(Number(wanted))} and ${rest} is left of ${whose} ${sizeText(Number(quota))}. Files in the trash count too. Ask the site's administrator for more space.`;
}

/** Aborts multiparts of files that changed, after the commit. The reaper aborts those that fail here. */
async function abortSuperseded(permit: BucketPermit, prefix: string, plans: Plan[]): Promise<void> {
  await Promise.allSettled(
    plans.flatMap(({ superseded, row }) =>
      superseded === null
        ? []
        : [abortMultipart(permit, { key: originalKey(prefix, row.path), s3UploadId: superseded })],
    ),
  );
}
