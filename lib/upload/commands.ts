import "server-only";
import { randomUUID } from "node:crypto";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, type Prisma, type Transaction } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { once, type Settle } from "@/lib/idempotency/commands";
import { sendReap, sendVerify } from "@/lib/jobs/queue/queue";
import { lockAccounts, lockOpenUploads, lockUpload, longTransaction } from "@/lib/locks";
import { bucketPermit } from "@/lib/owner/commands";
import { uploadPrefix } from "@/lib/storage/keys";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { createPostPolicy } from "@/lib/storage/presigned/post-policy";
import { uploadFrom, uploadPolicy } from "./policy";
import { openUploadOf, ownUploadsWhere, visibleUploadsWhere } from "./queries";
import {
  ended,
  ending,
  extendUpload,
  largeUploads,
  recordGrant,
  releaseReserved,
  requireNoneOver,
  requireRoom,
} from "./rows";
import type { OpenedUpload, OpenUploadInput, PostPolicy } from "./schema";

const maxExpiredAtOnce = 100;

type Input = Omit<OpenUploadInput, "metadata"> & { metadata?: Record<string, string> | undefined };

/**
 * Opens an upload and grants its prefix by one presigned POST policy. The same call under the same `idempotencyKey`, within a
 * day, returns the same upload with a new policy. Throws NOT_FOUND, INVALID (the key), RUNNING (it is being
 * opened), CONFLICT (that upload has ended), READ_ONLY.
 */
export async function openUpload(viewer: Viewer, input: Input, idempotencyKey?: string): Promise<OpenedUpload> {
  if (!isSlug(input.collectionSlug)) throw notFound("collection");
  const collection = await db().collection.findFirst({
    where: { AND: [{ slug: input.collectionSlug }, collectionsWhere(viewer, "upload")] },
    select: { id: true },
  });
  if (!collection) throw notFound("collection");
  return once(
    viewer,
    { key: idempotencyKey, operation: "upload.open", input },
    (settle) => insertUpload(viewer, input, collection.id, settle),
    (uploadId) => reopen(viewer, uploadId),
  );
}

async function insertUpload(viewer: Viewer, input: Input, collectionId: string, settle: Settle): Promise<OpenedUpload> {
  const expiresAt = new Date(Date.now() + uploadPolicy.uploadTtlSeconds * 1_000);
  const id = randomUUID();
  const prefix = uploadPrefix(collectionId, id);
  // Signed before the row is inserted: without credentials to sign with, or the right to, no open upload is left behind.
  const policy = await grant(await bucketPermit(viewer), prefix, input.checksum);
  await db().$transaction(async (tx) => {
    if (viewer.kind === "user") await requireFewOpen(tx, { userId: viewer.userId, collectionId });
    await tx.upload.create({
      data: {
        id,
        collectionId,
        createdById: viewer.kind === "user" ? viewer.userId : null,
        label: input.label ?? "",
        metadata: input.metadata ?? {},
        conflict: input.conflict ?? "revision",
        checksum: input.checksum ?? null,
        plannedFiles: input.plannedFiles ?? null,
        plannedBytes: input.plannedBytes ?? null,
        expiresAt,
      },
    });
    await settle(tx, id);
    await recordEvent(tx, viewer, { ...about(id, collectionId), action: "upload.opened" });
  });
  return { id, state: "open", prefix, policy, expiresAt: expiresAt.toISOString() };
}

/**
 * Throws CONFLICT when the person has as many open uploads as one may have, TOO_LARGE when one of them, or one to the collection, is
 * over. Concurrent calls wait for each other.
 */
async function requireFewOpen(
  tx: Transaction,
  { userId, collectionId }: { userId: string; collectionId: string },
): Promise<void> {
  await lockOpenUploads(tx, userId);
  await requireNoneOver(userId, { collectionId, tx });
  const { maxOpenUploads } = uploadPolicy;
  const count = await tx.upload.count({ where: { createdById: userId, state: "open", expiresAt: { gt: new Date() } } });
  if (count < maxOpenUploads) return;
  throw new AppError(
    "CONFLICT",
    `You have ${maxOpenUploads} open uploads, which is the most that one person may have. Finish or cancel one of them, then try again.`,
  );
}

async function reopen(viewer: Viewer, uploadId: string): Promise<OpenedUpload> {
  const upload = await openUploadOf(viewer, uploadId);
  await requireRoom(upload);
  const { id, collectionId, checksum, expiresAt } = upload;
  await recordGrant(id);
  const prefix = uploadPrefix(collectionId, id);
  const policy = await grant(await bucketPermit(viewer), prefix, checksum ?? undefined);
  return { id, state: "open", prefix, policy, expiresAt: expiresAt.toISOString() };
}

/**
 * Signs a new policy for the same prefix, before the old one expires. Throws NOT_FOUND, CONFLICT (not open), TOO_LARGE (it, or
 * another of its person, holds more than there is room for), READ_ONLY.
 */
export async function renewPolicy(viewer: Viewer, uploadId: string): Promise<PostPolicy> {
  const upload = await openUploadOf(viewer, uploadId);
  await requireRoom(upload);
  const permit = await bucketPermit(viewer);
  await extendUpload(upload);
  await recordGrant(upload.id);
  return grant(permit, uploadPrefix(upload.collectionId, upload.id), upload.checksum ?? undefined);
}

/** Seals an upload: nothing more can be sent, and the worker verifies what arrived. Idempotent. Throws NOT_FOUND, CONFLICT. */
export async function sealUpload(viewer: Viewer, uploadId: string): Promise<void> {
  const id = requireId(uploadId, "upload");
  await change(viewer, id, "seal", "sealed");
  const personId = viewer.kind === "user" ? viewer.userId : null;
  await sendVerify({ id, isLarge: (await largeUploads([id])).has(id), personId });
}

/**
 * Discards an upload: the worker removes what arrived and is no media, at once and again after the last grant has expired.
 * Files of a sealed upload that are verified already are media and stay. Idempotent. Throws NOT_FOUND, CONFLICT, READ_ONLY: a
 * database that does not own the bucket may not know that the upload was verified, and ends none.
 */
export async function abortUpload(viewer: Viewer, uploadId: string): Promise<void> {
  const id = requireId(uploadId, "upload");
  await bucketPermit(viewer);
  await change(viewer, id, "abort", "aborted");
  await sendReap(id);
}

/**
 * Expires open uploads past their time, each in a transaction of its own. `onFailed` gets those that fail while the others
 * continue; without it the first failure is thrown. Returns how many expired. Throws READ_ONLY, as `abortUpload`.
 */
export async function expireUploads(
  viewer: Viewer,
  onFailed: (uploadId: string, error: unknown) => void = rethrow,
): Promise<number> {
  if (viewer.kind !== "system") throw notFound("upload");
  const failed: string[] = [];
  let count = 0;
  for (;;) {
    await bucketPermit(viewer);
    const due = await uploadsToExpire(failed);
    if (due.length === 0) return count;
    for (const upload of due) {
      try {
        if (await expireUpload(viewer, upload)) count += 1;
      } catch (error) {
        failed.push(upload.id);
        onFailed(upload.id, error);
      }
    }
  }
}

function rethrow(_uploadId: string, error: unknown): never {
  throw error;
}

const dueSelect = { id: true, collectionId: true, createdById: true } satisfies Prisma.UploadSelect;
type Due = Prisma.UploadGetPayload<{ select: typeof dueSelect }>;

async function uploadsToExpire(failed: string[]): Promise<Due[]> {
  return db().upload.findMany({
    where: { state: { in: [...uploadFrom.expire] }, expiresAt: { lt: new Date() }, id: { notIn: failed } },
    select: dueSelect,
    orderBy: { expiresAt: "asc" },
    take: maxExpiredAtOnce,
  });
}

/** Returns false when the upload has ended or was extended since it was selected. */
async function expireUpload(viewer: Viewer, upload: Due): Promise<boolean> {
  return db().$transaction(async (tx) => {
    await lockAccounts(tx, upload);
    const still = await lockUpload(tx, upload.id);
    if (still?.state !== "open" || still.expires_at >= new Date()) return false;
    await releaseReserved(tx, upload);
    await tx.upload.update({ where: { id: upload.id }, data: ending("expired") });
    await recordEvent(tx, viewer, { ...about(upload.id, upload.collectionId), action: "upload.expired" });
    return true;
  }, longTransaction);
}

async function change(viewer: Viewer, id: string, verb: "seal" | "abort", to: "sealed" | "aborted"): Promise<void> {
  const scope = verb === "seal" ? ownUploadsWhere(viewer) : visibleUploadsWhere(viewer);
  const where = { AND: [{ id }, scope] };
  await db().$transaction(async (tx) => {
    const select = { state: true, collectionId: true, createdById: true, endReason: true } as const;
    const upload = await tx.upload.findFirst({ where, select });
    if (!upload) throw notFound("upload");
    if (to === "aborted") {
      await lockAccounts(tx, upload);
      await releaseReserved(tx, { ...upload, id });
    }
    const { count } = await tx.upload.updateMany({
      where: { AND: [where, { state: { in: [...uploadFrom[verb]] } }] },
      data: to === "sealed" ? { state: to, sealedAt: new Date(), overSince: null } : ending("aborted"),
    });
    if (count === 0) {
      const { state, endReason } = (await tx.upload.findFirst({ where, select })) ?? upload;
      const already = state === to || (to === "sealed" && state === "verified");
      if (already) return;
      throw ended(state, endReason);
    }
    // Under the row lock of the update above, so no file is registered after the count.
    if (to === "sealed") {
      const registeredFiles = await tx.uploadFile.count({ where: { uploadId: id, canceledAt: null } });
      await tx.upload.update({ where: { id }, data: { registeredFiles } });
    }
    const action = `upload.${to === "sealed" ? "sealed" : "aborted"}` as const;
    await recordEvent(tx, viewer, { ...about(id, upload.collectionId), action });
  }, longTransaction);
}

function about(subjectId: string, collectionId: string) {
  return { subjectType: "upload", subjectId, collectionId } as const;
}

async function grant(permit: BucketPermit, prefix: string, checksum: string | undefined): Promise<PostPolicy> {
  const { url, fields, expiresAt } = await createPostPolicy(permit, {
    prefix,
    // Empty files say something, too: .nojekyll, __init__.py.
    minBytes: 0,
    maxBytes: uploadPolicy.maxPostBytes,
    ttlSeconds: uploadPolicy.policyTtlSeconds,
    checksumField: checksum === "sha256" ? "x-amz-checksum-sha256" : undefined,
  });
  // A POST policy names no host, so the same form may be sent to every endpoint of the bucket.
  const { S3_UPLOAD_ENDPOINTS: endpoints } = env();
  return { url, fields, expiresAt: expiresAt.toISOString(), ...(endpoints && { endpoints }) };
}
