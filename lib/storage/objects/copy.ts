import "server-only";
import { CopyObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { type Storage, storage } from "../client";
import { storageCall } from "../errors";
import { type BucketPermit, requirePermit } from "../permit/permit";
import { abortMultipart } from "./deletion";
import { unquoteEtag } from "./etag";
import { completeMultipart, createMultipart } from "./multipart";

const GIB = 1024 ** 3;

/** The limit of CopyObject: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const maxCopyBytes = 5 * GIB;
const maxParts = 10_000;
const copiesAtOnce = 4;

export type CopyInput = { from: { key: string; versionId: string }; to: string; sizeBytes: number };

/**
 * Copies one version to a new key inside the storage. Above 5 GiB it copies parts of 1 GiB, or larger ones so that there are
 * at most 10,000. A repeated call adds another version with the same bytes. Ceph 16 fails with NOT_FOUND for a copy in parts
 * whose source key has a percent sign. Throws AppError NOT_FOUND (the version does not exist), READ_ONLY, UNAVAILABLE, INTERNAL.
 */
export async function copyObject(
  permit: BucketPermit,
  input: CopyInput,
  store: Storage = storage(),
  { wholeUpToBytes = maxCopyBytes, partBytes = GIB } = {},
): Promise<void> {
  if (input.sizeBytes > wholeUpToBytes) return copyInParts(permit, input, store, partBytes);
  await requirePermit(permit, store);
  await storageCall(() =>
    store.client.send(
      new CopyObjectCommand({ Bucket: store.bucket, Key: input.to, CopySource: sourceOf(store, input.from) }),
    ),
  );
}

async function copyInParts(
  permit: BucketPermit,
  { from, to, sizeBytes }: CopyInput,
  store: Storage,
  wantedBytes: number,
): Promise<void> {
  const partBytes = Math.max(wantedBytes, Math.ceil(sizeBytes / maxParts));
  const s3UploadId = await createMultipart(permit, { key: to }, store);
  try {
    const parts: { number: number; etag: string }[] = [];
    const numbers = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => index + 1);
    const copyNext = async (): Promise<void> => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const start = (number - 1) * partBytes;
        const range = `bytes=${start}-${Math.min(start + partBytes, sizeBytes) - 1}`;
        parts.push({ number, etag: await copyPart(permit, store, { from, to, s3UploadId, number, range }) });
      }
    };
    await Promise.all(Array.from({ length: copiesAtOnce }, copyNext));
    parts.sort((a, b) => a.number - b.number);
    const completed = await completeMultipart(permit, { key: to, s3UploadId, sizeBytes, parts }, store);
    if (completed.state !== "done") throw new Error(`the copy in parts could not be completed (${completed.state})`);
  } catch (error) {
    // The first error is thrown. If the abort fails too, the reaper removes the parts.
    await abortMultipart(permit, { key: to, s3UploadId }, store).catch(() => undefined);
    throw error;
  }
}

async function copyPart(
  permit: BucketPermit,
  store: Storage,
  { from, to, s3UploadId, number, range }: Omit<CopyInput, "sizeBytes"> & PartOfCopy,
): Promise<string> {
  await requirePermit(permit, store);
  const { CopyPartResult } = await storageCall(() =>
    store.client.send(
      new UploadPartCopyCommand({
        Bucket: store.bucket,
        Key: to,
        UploadId: s3UploadId,
        PartNumber: number,
        CopySource: sourceOf(store, from),
        CopySourceRange: range,
      }),
    ),
  );
  return unquoteEtag(CopyPartResult?.ETag);
}

type PartOfCopy = { s3UploadId: string; number: number; range: string };

/** Returns the value of x-amz-copy-source: bucket and key percent-encoded except for slashes, and the version. */
function sourceOf({ bucket }: Storage, { key, versionId }: CopyInput["from"]): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `${bucket}/${path}?versionId=${encodeURIComponent(versionId)}`;
}
