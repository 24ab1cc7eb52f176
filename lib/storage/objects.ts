import "server-only";
import type { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Storage, storage } from "./client";
import { storageCall } from "./errors";
import { unquoteEtag } from "./etag";

export type GetObjectInput = {
  key: string;
  versionId?: string | undefined;
  /** Bytes from `start` to `end`, both included. */
  range?: { start: number; end: number } | undefined;
};

/**
 * An object as a stream. `sizeBytes` is the length of `body` (of the range, if one was asked for), `etag` without quotes.
 * `md5` is the ETag where that is the MD5 of the whole object (one part, not encrypted by KMS or a customer's key), else null:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html. The caller reads `body` to its end or destroys it: otherwise a connection stays taken.
 * Throws AppError NOT_FOUND (the object or version alone), UNAVAILABLE, INTERNAL; the stream itself fails with Node's errors when the connection breaks.
 */
export async function getObject(
  { key, versionId, range }: GetObjectInput,
  { client, bucket }: Storage = storage(),
): Promise<{ body: Readable; sizeBytes: number; etag: string; md5: string | null }> {
  const answer = await storageCall(() =>
    client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }),
      }),
    ),
  );
  const etag = unquoteEtag(answer.ETag);
  const isOpaque = answer.ServerSideEncryption?.startsWith("aws:kms") || answer.SSECustomerAlgorithm !== undefined;
  const md5 = !isOpaque && /^[0-9a-f]{32}$/.test(etag) ? etag : null;
  return { body: answer.Body as Readable, sizeBytes: answer.ContentLength ?? 0, etag, md5 };
}

/** Stores a small object made by us (a derived picture); large ones never pass through this process. Throws AppError UNAVAILABLE. */
export async function putObject(
  input: { key: string; body: Buffer; contentType: string; cacheControl: string },
  { client, bucket }: Storage = storage(),
): Promise<{ versionId: string | null; etag: string }> {
  const { VersionId, ETag } = await storageCall(() =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: input.key,
        Body: input.body,
        ContentLength: input.body.length,
        ContentType: input.contentType,
        CacheControl: input.cacheControl,
      }),
    ),
  );
  return { versionId: VersionId ?? null, etag: unquoteEtag(ETag) };
}

/** Whether the bucket answers, for the health check. Throws AppError UNAVAILABLE, INTERNAL (refused, no such bucket). */
export async function headBucket({ client, bucket }: Storage = storage()): Promise<void> {
  await storageCall(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
}

/** Removes one version for good; without a version, puts a delete marker on top. Gone already is fine. Throws AppError UNAVAILABLE. */
export async function deleteObject(
  { key, versionId }: { key: string; versionId?: string | undefined },
  { client, bucket }: Storage = storage(),
): Promise<void> {
  const where = { Bucket: bucket, Key: key };
  await storageCall(() =>
    client.send(new DeleteObjectCommand(versionId === undefined ? where : { ...where, VersionId: versionId })),
  );
}
