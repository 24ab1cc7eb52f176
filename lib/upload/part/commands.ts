import "server-only";
import type { z } from "zod";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound, requireId } from "@/lib/errors";
import { bucketPermit } from "@/lib/owner/commands";
import { originalKey, uploadPrefix } from "@/lib/storage/keys";
import { abortMultipart } from "@/lib/storage/objects/deletion";
import { unquoteEtag } from "@/lib/storage/objects/etag";
import {
  completeMultipart,
  createMultipart,
  listParts,
  presignParts,
  type StoredPart,
} from "@/lib/storage/objects/multipart";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { partCountOf, partLength, uploadPolicy } from "../policy";
import { type OpenUpload, openUploadOf } from "../queries";
import { extendUpload } from "../rows";
import type { completeInput, PartUrls, partsInput } from "../schema";

/** A registered file that is sent in parts. */
type PartedFile = {
  upload: OpenUpload;
  id: string;
  key: string;
  sizeBytes: number;
  partCount: number;
  partSize: number;
  contentType: string | null;
  s3UploadId: string | null;
  staleVersion: string | null;
  isCompleted: boolean;
  /** Its bytes are reserved: it is not the same as what its media holds. */
  isReserved: boolean;
};

/**
 * Signs URLs for some parts of a file, valid for 15 minutes and for the exact length of each part. The first call starts S3's
 * multipart. Idempotent. Throws NOT_FOUND (no such file in this upload), INVALID (the file has no such part, or no parts),
 * CONFLICT (complete already, nothing to send, upload not open), UNAVAILABLE.
 */
export async function signParts(
  viewer: Viewer,
  uploadId: string,
  { fileId, parts, checksums = {}, endpoints = [] }: z.output<typeof partsInput>,
): Promise<PartUrls> {
  const file = await partedFile(viewer, uploadId, fileId);
  if (file.isCompleted) throw new AppError("CONFLICT", "This file is complete. Nothing more can be added to it.");
  if (!file.isReserved)
    throw new AppError("CONFLICT", "Nothing of this file need be sent. Register it again to send it.");
  requireParts(file, parts, "parts");
  const permit = await bucketPermit(viewer);
  await extendUpload(file.upload);
  const s3UploadId = file.s3UploadId ?? (await startMultipart(permit, file));
  const numbers = [...new Set(parts)];
  const { urls, elsewhere, expiresAt } = await presignParts(permit, {
    key: file.key,
    s3UploadId,
    parts: numbers.map((number) => ({
      number,
      sizeBytes: partLength(file.sizeBytes, file.partSize, number),
      crc64nvme: checksums[String(number)],
    })),
    ttlSeconds: uploadPolicy.policyTtlSeconds,
    // Signs only for endpoints that the operator configured.
    endpoints: env().S3_UPLOAD_ENDPOINTS?.filter((endpoint) => endpoints.includes(endpoint)) ?? [],
  });
  const byPart = (signed: string[]) =>
    Object.fromEntries(numbers.map((number, index) => [String(number), signed[index] ?? ""]));
  const others = [...elsewhere].map(([endpoint, signed]) => [endpoint, byPart(signed)]);
  return {
    urls: byPart(urls),
    expiresAt: expiresAt.toISOString(),
    ...(others.length > 0 && { elsewhere: Object.fromEntries(others) }),
  };
}

/**
 * Completes a file from its parts. For parts that are left out, the storage's own list counts. Idempotent. Throws NOT_FOUND,
 * INVALID (a part the file does not have), CONFLICT (a part is missing or differs, the parts are not the file, upload not
 * open), UNAVAILABLE.
 */
export async function completeFile(
  viewer: Viewer,
  uploadId: string,
  { fileId, parts, crc64nvme }: z.output<typeof completeInput>,
): Promise<void> {
  const file = await partedFile(viewer, uploadId, fileId);
  if (file.isCompleted) return;
  requireParts(
    file,
    parts.map(({ n }) => n),
    "parts",
  );
  if (file.s3UploadId === null) throw new AppError("CONFLICT", "No part of this file has been sent.");
  const permit = await bucketPermit(viewer);
  const multipart = { key: file.key, s3UploadId: file.s3UploadId };
  const stored = await listParts(multipart);
  if (stored) requireWhole(file, stored, parts);
  const completed = await completeMultipart(permit, {
    ...multipart,
    sizeBytes: file.sizeBytes,
    staleVersion: file.staleVersion,
    parts: (stored ?? []).map(({ number, etag }) => ({ number, etag })),
    crc64nvme,
  });
  if (completed.state === "done") {
    // The storage's own checksum only: the sender's is a claim.
    await markCompleted(file, completed.object.crc64nvme);
    return;
  }
  if (completed.state === "parts")
    throw new AppError("CONFLICT", "Parts of this file are missing or damaged. Send them again.");
  await clearMultipart(file);
  if (completed.state === "gone")
    throw new AppError("CONFLICT", "The parts of this file are no longer in the storage. Send it again.");
  await abortMultipart(permit, multipart);
  throw new AppError("CONFLICT", "The parts together are not the file that was registered. Send it again.");
}

async function partedFile(viewer: Viewer, uploadId: string, fileId: string): Promise<PartedFile> {
  const upload = await openUploadOf(viewer, uploadId);
  const file = await db().uploadFile.findFirst({
    where: { id: requireId(fileId, "file"), uploadId: upload.id, canceledAt: null },
    select: {
      id: true,
      path: true,
      sizeBytes: true,
      contentType: true,
      partSize: true,
      s3UploadId: true,
      staleVersion: true,
      completedAt: true,
      reservedBytes: true,
      sameAsId: true,
    },
  });
  if (!file) throw notFound("file");
  if (file.partSize === null) throw new AppError("INVALID", "This file has no parts: post it in one piece.");
  const sizeBytes = Number(file.sizeBytes);
  return {
    upload,
    id: file.id,
    key: originalKey(uploadPrefix(upload.collectionId, upload.id), file.path),
    sizeBytes,
    partSize: file.partSize,
    partCount: partCountOf(sizeBytes, file.partSize),
    contentType: file.contentType,
    s3UploadId: file.s3UploadId,
    staleVersion: file.staleVersion,
    isCompleted: file.completedAt !== null,
    isReserved: file.sameAsId === null && file.reservedBytes >= file.sizeBytes,
  };
}

function requireParts({ partCount }: PartedFile, numbers: number[], field: string): void {
  const issues = numbers.flatMap((number, index) =>
    number <= partCount
      ? []
      : [
          {
            path: `${field}.${index}`,
            message: `This file has ${partCount} parts, so none with the number ${number}.`,
          },
        ],
  );
  if (issues[0]) throw new AppError("INVALID", issues[0].message, { issues });
}

/**
 * Compares the parts with the storage's own list before completion, to say which part is missing: Ceph 16 blocks a multipart
 * for minutes after a completion that failed.
 */
function requireWhole(
  { partCount, partSize, sizeBytes }: PartedFile,
  stored: StoredPart[],
  claimed: { n: number; etag: string }[],
): void {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const wrong: number[] = [];
  for (let number = 1; number <= partCount; number += 1) {
    if (byNumber.get(number)?.sizeBytes !== partLength(sizeBytes, partSize, number)) wrong.push(number);
  }
  for (const { n, etag } of claimed) {
    if (byNumber.has(n) && byNumber.get(n)?.etag !== unquoteEtag(etag)) wrong.push(n);
  }
  if (wrong.length === 0) return;
  const numbers = [...new Set(wrong)].sort((a, b) => a - b);
  const shown = numbers.length > 5 ? `${numbers.slice(0, 5).join(", ")} …` : numbers.join(", ");
  const issues = numbers.map((number) => ({
    path: `parts.${number}`,
    message: "Missing, or not the part that was sent.",
  }));
  throw new AppError("CONFLICT", `Parts of this file are missing or damaged (${shown}). Send them again.`, { issues });
}

/** Starts S3's multipart of a file. Of two concurrent calls the second aborts its own and returns the first's. */
async function startMultipart(permit: BucketPermit, { id, key, contentType }: PartedFile): Promise<string> {
  const isType = contentType !== null && /^[\w.+-]+\/[\w.+-]+$/.test(contentType);
  const s3UploadId = await createMultipart(permit, { key, contentType: isType ? contentType : undefined });
  const { count } = await db().uploadFile.updateMany({
    where: { id, s3UploadId: null, canceledAt: null },
    data: { s3UploadId },
  });
  if (count > 0) return s3UploadId;
  await abortMultipart(permit, { key, s3UploadId });
  const first = await db().uploadFile.findFirst({ where: { id, canceledAt: null }, select: { s3UploadId: true } });
  if (!first?.s3UploadId) throw notFound("file");
  return first.s3UploadId;
}

async function markCompleted({ id, s3UploadId }: PartedFile, crc64nvme: string | null): Promise<void> {
  // Only this multipart: the file may have changed or been canceled since.
  await db().uploadFile.updateMany({ where: { id, s3UploadId }, data: { completedAt: new Date(), crc64nvme } });
}

async function clearMultipart({ id, s3UploadId }: PartedFile): Promise<void> {
  await db().uploadFile.updateMany({ where: { id, s3UploadId }, data: { s3UploadId: null } });
}
