import "server-only";
import { randomUUID } from "node:crypto";
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
  const id = randomUUID();
  const prefix = uploadPrefix(collection.id, id);
  // Signed before the row is there: without credentials to sign with, nothing is left open.
  const policy = await grant(prefix);
  await db().$transaction(async (tx) => {
    await tx.upload.create({
      data: {
        id,
        collectionId: collection.id,
        createdById: viewer.kind === "user" ? viewer.userId : null,
        label: input.label ?? "",
        metadata: input.metadata ?? {},
        conflict: input.conflict ?? "revision",
        plannedFiles: input.plannedFiles ?? null,
        plannedBytes: input.plannedBytes ?? null,
        expiresAt,
      },
    });
    await recordEvent(tx, viewer, { ...about(id, collection.id), action: "upload.opened" });
  });
  return { id, state: "open", prefix, policy, expiresAt: expiresAt.toISOString() };
}

/** A fresh policy for the same prefix, before the old one runs out. */
export async function renewPolicy(viewer: Viewer, uploadId: string): Promise<PostPolicy> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, ownUploadsWhere(viewer)] },
    select: { id: true, collectionId: true, state: true, expiresAt: true },
  });
  if (!upload) throw notFound("upload");
  if (!isFrom("renewPolicy", upload.state) || upload.expiresAt <= new Date()) throw ended(upload.state);
  return grant(uploadPrefix(upload.collectionId, upload.id));
}

/** Nothing more will come: the worker verifies what is there. Sealing a sealed or verified upload again changes nothing. */
export async function sealUpload(viewer: Viewer, uploadId: string): Promise<void> {
  const id = requireId(uploadId, "upload");
  await change(viewer, id, "seal", "sealed");
  await sendVerify(id);
}

/**
 * Gives an upload up. What has arrived stays in the bucket, unlisted, until it is reconciled. Of a sealed one the files that
 * were verified by then are media and stay.
 */
export async function abortUpload(viewer: Viewer, uploadId: string): Promise<void> {
  await change(viewer, requireId(uploadId, "upload"), "abort", "aborted");
}

/** Open uploads past their time. Returns how many were given up. */
export async function expireUploads(viewer: Viewer): Promise<number> {
  if (viewer.kind !== "system") throw notFound("upload");
  return db().$transaction(async (tx) => {
    const expired = await tx.upload.updateManyAndReturn({
      where: { state: { in: [...uploadFrom.expire] }, expiresAt: { lt: new Date() } },
      data: { state: "expired", endedAt: new Date() },
      select: { id: true, collectionId: true },
    });
    for (const { id, collectionId } of expired) {
      await recordEvent(tx, viewer, { ...about(id, collectionId), action: "upload.expired" });
    }
    return expired.length;
  });
}

async function change(viewer: Viewer, id: string, verb: "seal" | "abort", to: UploadState): Promise<void> {
  const scope = verb === "seal" ? ownUploadsWhere(viewer) : visibleUploadsWhere(viewer);
  const now = new Date();
  await db().$transaction(async (tx) => {
    const where = { AND: [{ id }, scope] };
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
    const action = `upload.${to === "sealed" ? "sealed" : "aborted"}` as const;
    await recordEvent(tx, viewer, { ...about(id, upload.collectionId), action });
  });
}

function about(subjectId: string, collectionId: string) {
  return { subjectType: "upload", subjectId, collectionId } as const;
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
