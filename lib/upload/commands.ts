import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db } from "@/lib/db";
import { AppError, notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { sendVerify } from "@/lib/jobs/queue";
import { uploadPrefix } from "@/lib/storage/keys";
import { createPostPolicy } from "@/lib/storage/post-policy";
import { type UploadState, uploadFrom, uploadPolicy } from "./policy";
import { ownUploadsWhere, visibleUploadsWhere } from "./queries";
import type { OpenedUpload, OpenUploadInput, PostPolicy } from "./schema";

type Input = Omit<OpenUploadInput, "metadata"> & { metadata?: Record<string, string> | undefined };

/** Opens an upload and grants its prefix: one presigned POST policy for everything the client will send. */
export async function openUpload(viewer: Viewer, input: Input): Promise<OpenedUpload> {
  if (!isSlug(input.collectionSlug)) throw notFound("collection");
  const collection = await db().collection.findFirst({
    where: { AND: [{ slug: input.collectionSlug }, collectionsWhere(viewer, "upload")] },
    select: { id: true },
  });
  if (!collection) throw notFound("collection");
  const expiresAt = new Date(Date.now() + uploadPolicy.uploadTtlSeconds * 1_000);
  const upload = await db().$transaction(async (tx) => {
    const row = await tx.upload.create({
      data: {
        collectionId: collection.id,
        createdById: viewer.kind === "user" ? viewer.userId : null,
        label: input.label ?? "",
        metadata: input.metadata ?? {},
        conflict: input.conflict ?? "revision",
        plannedFiles: input.plannedFiles ?? null,
        plannedBytes: input.plannedBytes ?? null,
        expiresAt,
      },
      select: { id: true },
    });
    await recordEvent(tx, viewer, {
      action: "upload.opened",
      subjectType: "upload",
      subjectId: row.id,
      collectionId: collection.id,
    });
    return row;
  });
  const prefix = uploadPrefix(collection.id, upload.id);
  return { id: upload.id, state: "open", prefix, policy: await grant(prefix), expiresAt: expiresAt.toISOString() };
}

/** A fresh policy for the same prefix, before the old one runs out. */
export async function renewPolicy(viewer: Viewer, uploadId: string): Promise<PostPolicy> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, ownUploadsWhere(viewer)] },
    select: { collectionId: true, state: true, expiresAt: true },
  });
  if (!upload) throw notFound("upload");
  if (!isFrom("renewPolicy", upload.state) || upload.expiresAt <= new Date()) throw ended(upload.state);
  return grant(uploadPrefix(upload.collectionId, uploadId));
}

/** Nothing more will come: the worker verifies what is there. Sealing a sealed or verified upload again changes nothing. */
export async function sealUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await change(viewer, uploadId, "seal", "sealed");
  await sendVerify(uploadId);
}

/** Gives an upload up. What has arrived stays in the bucket, unlisted, until it is reconciled. */
export async function abortUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await change(viewer, uploadId, "abort", "aborted");
}

/** Open uploads past their time. Returns how many were given up. */
export async function expireUploads(viewer: Viewer): Promise<number> {
  if (viewer.kind !== "system") throw notFound("upload");
  const { count } = await db().upload.updateMany({
    where: { state: { in: [...uploadFrom.expire] }, expiresAt: { lt: new Date() } },
    data: { state: "expired", endedAt: new Date() },
  });
  return count;
}

async function change(viewer: Viewer, uploadId: string, verb: "seal" | "abort", to: UploadState): Promise<void> {
  const scope = verb === "seal" ? ownUploadsWhere(viewer) : visibleUploadsWhere(viewer);
  const now = new Date();
  await db().$transaction(async (tx) => {
    const where = { AND: [{ id: requireId(uploadId, "upload") }, scope] };
    const { count } = await tx.upload.updateMany({
      where: { AND: [where, { state: { in: [...uploadFrom[verb]] } }] },
      data: to === "sealed" ? { state: to, sealedAt: now } : { state: to, endedAt: now },
    });
    const upload = await tx.upload.findFirst({ where, select: { state: true, collectionId: true } });
    if (!upload) throw notFound("upload");
    if (count === 0) {
      const already = upload.state === to || (to === "sealed" && upload.state === "verified");
      if (already) return;
      throw ended(upload.state);
    }
    await recordEvent(tx, viewer, {
      action: `upload.${to === "sealed" ? "sealed" : "aborted"}`,
      subjectType: "upload",
      subjectId: uploadId,
      collectionId: upload.collectionId,
    });
  });
}

async function grant(prefix: string): Promise<PostPolicy> {
  const { url, fields, expiresAt } = await createPostPolicy({
    prefix,
    minBytes: uploadPolicy.minFileBytes,
    maxBytes: uploadPolicy.maxFileBytes,
    ttlSeconds: uploadPolicy.policyTtlSeconds,
  });
  return { url, fields, expiresAt: expiresAt.toISOString() };
}

function isFrom(verb: keyof typeof uploadFrom, state: UploadState): boolean {
  return (uploadFrom[verb] as readonly UploadState[]).includes(state);
}

const endings: Record<UploadState, string> = {
  open: "This upload has run out of time. What had arrived is kept; start a new upload for the rest.",
  sealed: "This upload is sealed already and being verified. Start a new upload to send more.",
  verified: "This upload is finished. Start a new upload to send more.",
  aborted: "This upload was discarded. Start a new upload.",
  expired: "This upload has run out of time. Start a new upload.",
};

function ended(state: UploadState): AppError {
  return new AppError("CONFLICT", endings[state]);
}
