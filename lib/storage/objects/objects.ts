import "server-only";
import type { Readable } from "node:stream";
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Storage, storage } from "../client";
import { storageCall } from "../errors";
import { type BucketPermit, requirePermit } from "../permit/permit";
import { unquoteEtag } from "./etag";

export type GetObjectInput = {
  key: string;
  versionId?: string | undefined;
  /** Bytes from `start` to `end`, both included. */
  range?: { start: number; end: number } | undefined;
};

/**
 * Opens an object as a stream. `sizeBytes` is the length of `body` (of the range, if given). `etag` has no quotes. `md5` (hex)
 * is the ETag if it is the MD5 of the whole object: one part, not encrypted with KMS or a customer key; else null.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 * The caller must read `body` to its end or destroy it, else a connection stays in use. Throws AppError NOT_FOUND (object or
 * version), UNAVAILABLE, INTERNAL. The stream emits Node's errors when the connection breaks.
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
  const md5 = !isOpaque(answer) && /^[0-9a-f]{32}$/.test(etag) ? etag : null;
  return { body: answer.Body as Readable, sizeBytes: answer.ContentLength ?? 0, etag, md5 };
}

function isOpaque(about: {
  ServerSideEncryption?: string | undefined;
  SSECustomerAlgorithm?: string | undefined;
}): boolean {
  return about.ServerSideEncryption?.startsWith("aws:kms") === true || about.SSECustomerAlgorithm !== undefined;
}

/** Stores a small object, such as a derived picture. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL. */
export async function putObject(
  permit: BucketPermit,
  input: { key: string; body: Buffer; contentType: string; cacheControl: string },
  store: Storage = storage(),
): Promise<{ versionId: string | null; etag: string }> {
  const { client, bucket } = store;
  await requirePermit(permit, store);
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

/** Checks that the bucket responds. Throws AppError UNAVAILABLE, INTERNAL (access denied, no such bucket). */
export async function headBucket({ client, bucket }: Storage = storage()): Promise<void> {
  await storageCall(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
}

export type StoredObject = {
  versionId: string;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  /** Of the whole object, in base64; null when the storage does not support it (Ceph 16) or the object has none. */
  crc64nvme: string | null;
  /** Encrypted with KMS or a customer key, so the ETag is not an MD5. */
  isOpaque: boolean;
};

/** Returns an object's metadata; null when it does not exist. Throws AppError UNAVAILABLE, INTERNAL. */
export async function headObject(
  { key, versionId }: { key: string; versionId?: string | undefined },
  { client, bucket }: Storage = storage(),
): Promise<StoredObject | null> {
  return storageCall(async () => {
    try {
      const head = await client.send(
        new HeadObjectCommand({
          Bucket: bucket,
          Key: key,
          ChecksumMode: "ENABLED",
          ...(versionId === undefined ? {} : { VersionId: versionId }),
        }),
      );
      return {
        versionId: head.VersionId ?? "null",
        sizeBytes: head.ContentLength ?? 0,
        etag: unquoteEtag(head.ETag),
        crc64nvme: head.ChecksumType === "COMPOSITE" ? null : (head.ChecksumCRC64NVME ?? null),
        isOpaque: isOpaque(head),
      };
    } catch (error) {
      // The response to a HEAD has no body, so a missing bucket looks the same.
      if (error instanceof Error && ["NotFound", "NoSuchKey", "NoSuchVersion"].includes(error.name)) return null;
      throw error;
    }
  });
}
