import "server-only";
import { CopyObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { type Storage, storage } from "./client";
import { storageCall } from "./errors";
import { unquoteEtag } from "./etag";
import { abortMultipart, completeMultipart, createMultipart } from "./multipart";

const GIB = 1024 ** 3;

/** What CopyObject takes in one go: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const maxCopyBytes = 5 * GIB;
const maxParts = 10_000;
const copiesAtOnce = 4;

export type CopyInput = { from: { key: string; versionId: string }; to: string; sizeBytes: number };

/**
 * Copies one version to a new key within the storage: no byte passes through here. Above 5 GiB in parts of 1 GiB, of at most
 * 10,000 (Ceph 16 does not find the source of a part whose key has a percent sign: NOT_FOUND). Run again it adds a version with the same bytes. Throws AppError NOT_FOUND (the version is gone), UNAVAILABLE, INTERNAL.
 */
export async function copyObject(
  input: CopyInput,
  store: Storage = storage(),
  { wholeUpToBytes = maxCopyBytes, partBytes = GIB } = {},
): Promise<void> {
  if (input.sizeBytes > wholeUpToBytes) return copyInParts(input, store, partBytes);
  await storageCall(() =>
    store.client.send(
      new CopyObjectCommand({ Bucket: store.bucket, Key: input.to, CopySource: sourceOf(store, input.from) }),
    ),
  );
}

async function copyInParts({ from, to, sizeBytes }: CopyInput, store: Storage, wantedBytes: number): Promise<void> {
  const partBytes = Math.max(wantedBytes, Math.ceil(sizeBytes / maxParts));
  const s3UploadId = await createMultipart({ key: to }, store);
  try {
    const parts: { number: number; etag: string }[] = [];
    const numbers = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => index + 1);
    const copyNext = async (): Promise<void> => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const start = (number - 1) * partBytes;
        const range = `bytes=${start}-${Math.min(start + partBytes, sizeBytes) - 1}`;
        parts.push({ number, etag: await copyPart(store, { from, to, s3UploadId, number, range }) });
      }
    };
    await Promise.all(Array.from({ length: copiesAtOnce }, copyNext));
    parts.sort((a, b) => a.number - b.number);
    const completed = await completeMultipart({ key: to, s3UploadId, sizeBytes, parts }, store);
    if (completed.state !== "done") throw new Error(`the copy in parts could not be completed (${completed.state})`);
  } catch (error) {
    // What failed is what matters; parts that stay behind are the reaper's.
    await abortMultipart({ key: to, s3UploadId }, store).catch(() => undefined);
    throw error;
  }
}

async function copyPart(
  store: Storage,
  { from, to, s3UploadId, number, range }: Omit<CopyInput, "sizeBytes"> & PartOfCopy,
): Promise<string> {
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

/** A header, so it is encoded; the slashes stay. */
function sourceOf({ bucket }: Storage, { key, versionId }: CopyInput["from"]): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `${bucket}/${path}?versionId=${encodeURIComponent(versionId)}`;
}
