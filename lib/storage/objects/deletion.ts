import "server-only";
import { AbortMultipartUploadCommand, DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { AppError } from "@/lib/errors";
import { type Storage, storage } from "../client";
import { orNullIfMissing, storageCall } from "../errors";
import { type BucketPermit, requirePermit } from "../permit/permit";
import { listMultiparts, type Multipart } from "./multipart";

// The only file that removes bytes from the bucket: tests/unit/storage/deletion.test.ts checks that.

export type Version = { key: string; versionId: string };

/** The limits of one DeleteObjects call: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const maxKeysPerCall = 1_000;
/** 1,000 keys of 1,024 bytes exceed 1 MiB, which servers refuse; the half of it leaves room for what surrounds the keys. */
const maxBytesPerCall = 512 * 1024;

// Characters XML 1.0 cannot represent, not even as references: https://www.w3.org/TR/xml/#charsets
const notInXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Characters that the SDK writes as references of at most eight bytes. */
const escapedInXml = /[&<>"'\r\n\u0085\u2028]/g;

/**
 * Deletes versions permanently, in calls of at most 1,000 keys and 512 KiB. Idempotent. Keys that XML cannot represent are
 * deleted one by one, because S3 rejects a whole list that contains one. Throws AppError READ_ONLY, UNAVAILABLE when some could
 * not be deleted (others are), INTERNAL.
 */
export async function deleteVersions(
  permit: BucketPermit,
  versions: Version[],
  store: Storage = storage(),
): Promise<void> {
  for (const listed of deletionCalls(versions.filter(({ key }) => !notInXml.test(key))))
    await deleteListed(permit, listed, store);
  for (const version of versions) if (notInXml.test(version.key)) await deleteObject(permit, version, store);
}

/** Splits versions into lists that each fit into one DeleteObjects call. */
export function deletionCalls(versions: Version[]): Version[][] {
  const calls: Version[][] = [];
  let last: Version[] = [];
  let lastBytes = 0;
  for (const version of versions) {
    const bytes = xmlBytes(version);
    if (last.length === maxKeysPerCall || lastBytes + bytes > maxBytesPerCall) last = [];
    if (last.length === 0) {
      calls.push(last);
      lastBytes = 0;
    }
    last.push(version);
    lastBytes += bytes;
  }
  return calls;
}

function xmlBytes({ key, versionId }: Version): number {
  const text = `<Object><Key>${key}</Key><VersionId>${versionId}</VersionId></Object>`;
  return Buffer.byteLength(text) + 8 * ((key + versionId).match(escapedInXml)?.length ?? 0);
}

async function deleteListed(permit: BucketPermit, versions: Version[], store: Storage): Promise<void> {
  const { client, bucket } = store;
  await requirePermit(permit, store);
  const Objects = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
  const { Errors = [] } = await storageCall(() =>
    client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })),
  );
  const [first] = Errors.filter(({ Code }) => Code !== "NoSuchKey" && Code !== "NoSuchVersion");
  if (!first) return;
  const cause = new Error(`${first.Code}: ${first.Message}`);
  throw new AppError("UNAVAILABLE", "The storage could not delete all of the files. Try again in a few seconds.", {
    cause,
  });
}

/**
 * Deletes one version permanently; without `versionId` adds a delete marker. Idempotent. Throws AppError READ_ONLY,
 * UNAVAILABLE, INTERNAL.
 */
export async function deleteObject(
  permit: BucketPermit,
  { key, versionId }: { key: string; versionId?: string | undefined },
  store: Storage = storage(),
): Promise<void> {
  const { client, bucket } = store;
  await requirePermit(permit, store);
  const where = { Bucket: bucket, Key: key };
  await storageCall(() =>
    client.send(new DeleteObjectCommand(versionId === undefined ? where : { ...where, VersionId: versionId })),
  );
}

/** Aborts a multipart upload and removes its parts. Idempotent. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL. */
export async function abortMultipart(
  permit: BucketPermit,
  { key, s3UploadId }: Multipart,
  store: Storage = storage(),
): Promise<void> {
  const { client, bucket } = store;
  await requirePermit(permit, store);
  await storageCall(() =>
    orNullIfMissing(() =>
      client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: s3UploadId })),
    ),
  );
}

/** Aborts all multipart uploads under a prefix. Returns their number. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL. */
export async function abortMultiparts(
  permit: BucketPermit,
  prefix: string,
  store: Storage = storage(),
): Promise<number> {
  let count = 0;
  for await (const page of listMultiparts(prefix, store)) {
    for (const multipart of page) await abortMultipart(permit, multipart, store);
    count += page.length;
  }
  return count;
}
