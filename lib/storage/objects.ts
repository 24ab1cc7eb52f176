import "server-only";
import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { AppError } from "@/lib/errors";
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
  const md5 = !isOpaque(answer) && /^[0-9a-f]{32}$/.test(etag) ? etag : null;
  return { body: answer.Body as Readable, sizeBytes: answer.ContentLength ?? 0, etag, md5 };
}

function isOpaque(about: {
  ServerSideEncryption?: string | undefined;
  SSECustomerAlgorithm?: string | undefined;
}): boolean {
  return about.ServerSideEncryption?.startsWith("aws:kms") === true || about.SSECustomerAlgorithm !== undefined;
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

export type StoredObject = {
  versionId: string;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  /** Of the whole object, in base64; null where the storage keeps none (Ceph 16) or the object was stored without. */
  crc64nvme: string | null;
  /** Encrypted by KMS or a customer's key: the ETag is not the MD5. */
  isOpaque: boolean;
};

/** What there is of an object; null when it is not there. Throws AppError UNAVAILABLE, INTERNAL. */
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
      // The answer to a HEAD has no body that could say more.
      if (error instanceof Error && ["NotFound", "NoSuchKey", "NoSuchVersion"].includes(error.name)) return null;
      throw error;
    }
  });
}

// What XML 1.0 has no way to write, not even as a reference: https://www.w3.org/TR/xml/#charsets
const notInXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * Removes these versions for good, at most 1,000 in one call; keys with characters XML cannot carry one by one, as S3 refuses
 * the whole of a list with one of them. Gone already is fine. Throws AppError UNAVAILABLE when some of them could not be
 * removed (the others are), INTERNAL.
 */
export async function deleteVersions(
  versions: { key: string; versionId: string }[],
  store: Storage = storage(),
): Promise<void> {
  const listed = versions.filter(({ key }) => !notInXml.test(key));
  if (listed.length > 0) await deleteListed(listed, store);
  for (const version of versions) if (notInXml.test(version.key)) await deleteObject(version, store);
}

async function deleteListed(versions: { key: string; versionId: string }[], { client, bucket }: Storage) {
  const Objects = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
  const { Errors = [] } = await storageCall(() =>
    client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })),
  );
  const [first] = Errors.filter(({ Code }) => Code !== "NoSuchKey" && Code !== "NoSuchVersion");
  if (!first) return;
  const cause = new Error(`${first.Code}: ${first.Message}`);
  throw new AppError("UNAVAILABLE", "The storage could not remove all of the files it was to.", { cause });
}
