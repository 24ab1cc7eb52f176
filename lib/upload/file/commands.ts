import "server-only";
import type { z } from "zod";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Transaction } from "@/lib/db";
import { AppError, requireId } from "@/lib/errors";
import { lockAccounts, longTransaction } from "@/lib/locks";
import { type Room, roomOf } from "@/lib/quota/rows";
import { originalKey, uploadPrefix } from "@/lib/storage/keys";
import { abortMultipart } from "@/lib/storage/multipart";
import { pathProblem, sizeProblem, sizeText } from "../policy";
import { type OpenUpload, openUploadOf } from "../queries";
import { chargeUpload, extendUpload, lockOpenUpload } from "../rows";
import type { FileAnswer, filesInput } from "../schema";
import { type Plan, planFile } from "./plan";
import { removeCanceled } from "./remove-canceled";
import { addChecksums, type FileRow, markCanceled, selectFiles, selectKnown, upsertFiles } from "./rows";
import { storedFacts } from "./stored-facts";

type NamedFile = z.output<typeof filesInput>["files"][number];

/**
 * Registers files before their bytes move, or adds what has become known of them: says of each, in their order, whether it
 * is to be posted, sent in parts or not sent at all. Their room is reserved in the same transaction, whatever is reserved
 * beside it. Bears being repeated. Throws INVALID (a name, a size), TOO_LARGE (the quota, for all of them together),
 * CONFLICT (the upload is not open), UNAVAILABLE.
 */
export async function registerFiles(viewer: Viewer, uploadId: string, files: NamedFile[]): Promise<FileAnswer[]> {
  const upload = await openUploadOf(viewer, uploadId);
  requireSendable(files);
  await extendUpload(upload);
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const before = await selectFiles(
    upload.id,
    files.map(({ path }) => path),
  );
  await removeCanceled(
    upload.id,
    prefix,
    [...before.values()].filter(isCanceled).map(({ path }) => path),
  );
  const stored = await storedFacts(prefix, [...before.values()], new Map(files.map(({ path, md5 }) => [path, md5])));
  const known = await selectKnown(
    upload,
    files.map(({ path, size, sha256 }) => ({ path, sizeBytes: BigInt(size), sha256: sha256 ?? null })),
  );
  const plans = await db().$transaction(async (tx) => {
    const room = roomOf(await lockAccounts(tx, upload));
    await lockOpenUpload(tx, upload.id);
    // Again, under the lock: another tab may have named the same files since.
    const rows = await selectFiles(
      upload.id,
      files.map(({ path }) => path),
      tx,
    );
    // What has arrived at paths that were canceled since is not away yet.
    if ([...rows.values()].some((row) => isCanceled(row) && !isSameNaming(before.get(row.path), row))) return null;
    const planned = files.map((file) => {
      const row = rows.get(file.path);
      const parts = row?.s3_upload_id ? stored.parts.get(row.s3_upload_id) : undefined;
      return planFile(file, { row, listed: stored.listed.get(file.path), parts, known: known.get(file.path) });
    });
    const reservedBefore = [...rows.values()].reduce((sum, { reserved_bytes }) => sum + reserved_bytes, 0n);
    await reserve(tx, upload, room, planned.reduce((sum, { row }) => sum + row.reserved_bytes, 0n) - reservedBefore);
    await upsertFiles(
      tx,
      upload.id,
      planned.map(({ row }) => row),
    );
    return planned;
  }, longTransaction);
  if (!plans) return registerFiles(viewer, uploadId, files);
  await abortSuperseded(prefix, plans);
  return plans.map(({ answer }) => answer);
}

/**
 * Adds what has become known of files that were named before, while they are being sent: what is there of them is not looked
 * up, which is most of what naming them costs. A file that is not as it was named is named anew. Bears being repeated.
 * Throws as `registerFiles`.
 */
export async function registerChecksums(viewer: Viewer, uploadId: string, files: NamedFile[]): Promise<void> {
  const upload = await openUploadOf(viewer, uploadId);
  await extendUpload(upload);
  const told = await db().$transaction(async (tx) => {
    await lockOpenUpload(tx, upload.id);
    return addChecksums(
      tx,
      upload.id,
      files.filter(({ path }) => pathProblem(path) === null),
    );
  }, longTransaction);
  const others = files.filter(({ path }) => !told.has(path));
  if (others.length > 0) await registerFiles(viewer, uploadId, others);
}

function isCanceled({ canceled_at }: FileRow): boolean {
  return canceled_at !== null;
}

/** A path that is named again after it was canceled gets another id. */
function isSameNaming(before: FileRow | undefined, { id }: FileRow): boolean {
  return before !== undefined && isCanceled(before) && before.id === id;
}

/** Gives up one file that was registered, by its id: as `cancelFiles`. */
export async function abandonFile(viewer: Viewer, uploadId: string, fileId: string): Promise<void> {
  await cancel(viewer, uploadId, { id: requireId(fileId, "file") });
}

/**
 * Takes back the registration of files that will not come (skipped, canceled, sent under another name): room is free, parts,
 * and what has arrived by then, are thrown away; what arrives later becomes no media, and nobody misses them when the upload is
 * verified. Named again, they are to be sent anew. Paths that were not registered, and another upload's, are passed over. Bears
 * being repeated. Throws CONFLICT (upload not open), UNAVAILABLE.
 */
export async function cancelFiles(viewer: Viewer, uploadId: string, paths: string[]): Promise<void> {
  // The database knows no NUL, so no file has one in its name.
  await cancel(viewer, uploadId, { paths: paths.filter((path) => pathProblem(path) === null) });
}

/** What is known and gets lost in between is found again: by whoever repeats the call, at the latest by the reaper. */
async function cancel(viewer: Viewer, uploadId: string, which: { paths: string[] } | { id: string }): Promise<void> {
  const upload = await openUploadOf(viewer, uploadId);
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const canceled = await db().$transaction(async (tx) => {
    await lockAccounts(tx, upload);
    await lockOpenUpload(tx, upload.id);
    const files = await markCanceled(tx, upload.id, which);
    await reserve(tx, upload, null, -files.reduce((sum, { released }) => sum + released, 0n));
    return files;
  }, longTransaction);
  for (const { path, s3_upload_id: s3UploadId } of canceled) {
    if (s3UploadId !== null) await abortMultipart({ key: originalKey(prefix, path), s3UploadId });
  }
  await removeCanceled(
    upload.id,
    prefix,
    canceled.map(({ path }) => path),
  );
}

function requireSendable(files: NamedFile[]): void {
  const seen = new Set<string>();
  const issues = files.flatMap(({ path, size }, index) => {
    const twice = seen.has(path) ? "The path is named twice in one call." : null;
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

/** Under the locks. `bytes` may be negative: a file that shrank gives back what it does not need. */
async function reserve(tx: Transaction, upload: OpenUpload, room: Room | null, bytes: bigint): Promise<void> {
  if (room && bytes > room.left) throw new AppError("TOO_LARGE", quotaWords(room, bytes));
  await chargeUpload(tx, upload, { reserved: bytes });
}

function quotaWords({ of, left, quota }: Room, wanted: bigint): string {
  const whose = of === "collection" ? "this collection's" : "your";
  const rest = left === 0n ? "nothing" : sizeText(Number(left));
  return `This needs ${sizeText(Number(wanted))}, and of ${whose} ${sizeText(Number(quota))} ${rest} is left. Ask whoever runs this site for more room: removing files makes none, as they can be brought back.`;
}

/** After the commit, as they are of no use to anybody. What fails here is the reaper's. */
async function abortSuperseded(prefix: string, plans: Plan[]): Promise<void> {
  await Promise.allSettled(
    plans.flatMap(({ superseded, row }) =>
      superseded === null ? [] : [abortMultipart({ key: originalKey(prefix, row.path), s3UploadId: superseded })],
    ),
  );
}
