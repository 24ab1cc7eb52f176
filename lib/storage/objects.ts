import "server-only";
import type { Readable } from "node:stream";
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
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
 * The caller reads `body` to its end or destroys it: otherwise a connection stays taken.
 * Throws AppError NOT_FOUND, UNAVAILABLE; the stream itself fails with Node's errors when the connection breaks.
 */
export async function getObject(
  { key, versionId, range }: GetObjectInput,
  { client, bucket }: Storage = storage(),
): Promise<{ body: Readable; sizeBytes: number; etag: string }> {
  const { Body, ContentLength, ETag } = await storageCall(() =>
    client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }),
      }),
    ),
  );
  return { body: Body as Readable, sizeBytes: ContentLength ?? 0, etag: unquoteEtag(ETag) };
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

/** Whether the bucket answers, for the health check. Throws AppError NOT_FOUND (no such bucket), UNAVAILABLE, INTERNAL (refused). */
export async function headBucket({ client, bucket }: Storage = storage()): Promise<void> {
  await storageCall(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
}
