import "server-only";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
} from "@aws-sdk/client-s3";
import { type Storage, storage } from "./client";
import { storageCall } from "./errors";
import { unquoteEtag } from "./etag";
import { decodeListed } from "./list";
import { headObject, type StoredObject } from "./objects";
import { identityAt, presign, type SigningIdentity } from "./sign";

/** A multipart upload of S3's: parts that are no object yet. */
export type Multipart = { key: string; s3UploadId: string };
export type StoredPart = { number: number; sizeBytes: number; etag: string };

/**
 * Begins one, with a CRC64NVME over the whole object where the endpoint has it (AWS, Atoll's own store); Ceph 16 ignores the
 * two headers, and a server that refuses them is asked without. Throws AppError UNAVAILABLE, INTERNAL.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export async function createMultipart(
  { key, contentType }: { key: string; contentType?: string | undefined },
  { client, bucket }: Storage = storage(),
): Promise<string> {
  const plain = { Bucket: bucket, Key: key, ...(contentType === undefined ? {} : { ContentType: contentType }) };
  const create = async (input: CreateMultipartUploadCommandInput) =>
    (await client.send(new CreateMultipartUploadCommand(input))).UploadId;
  const s3UploadId = await storageCall(async () => {
    try {
      return await create({ ...plain, ChecksumAlgorithm: "CRC64NVME", ChecksumType: "FULL_OBJECT" });
    } catch (error) {
      if (!isNamed(error, "InvalidRequest", "InvalidArgument", "NotImplemented")) throw error;
      return create(plain);
    }
  });
  if (!s3UploadId) throw new Error("the storage began a multipart upload without naming it");
  return s3UploadId;
}

export type PartRequest = { number: number; crc64nvme?: string | undefined };

export type PartsRequest = Multipart & {
  parts: PartRequest[];
  ttlSeconds: number;
  /** Other addresses of the bucket, `https://host/bucket` or `https://bucket.host`. */
  endpoints?: readonly string[];
};

/**
 * URLs to PUT parts to, in the order asked for, valid for `ttlSeconds`; in `elsewhere` the same for other addresses of the
 * bucket, as a signature is good for one host only. Makes no request once the credentials are known.
 */
export async function presignParts(
  { key, s3UploadId, parts, ttlSeconds, endpoints = [] }: PartsRequest,
  store: Storage = storage(),
): Promise<{ urls: string[]; elsewhere: Map<string, string[]>; expiresAt: Date }> {
  const identity = await store.signingIdentity();
  const signedAt = new Date();
  const signedBy = (signer: SigningIdentity) =>
    parts.map(({ number, crc64nvme }) => {
      const part = { uploadId: s3UploadId, number, crc64nvme };
      return presign(signer, { method: "PUT", key, part, signedAt, expiresInSeconds: ttlSeconds });
    });
  return {
    urls: signedBy(identity),
    elsewhere: new Map(endpoints.map((endpoint) => [endpoint, signedBy(identityAt(identity, endpoint))])),
    expiresAt: new Date(signedAt.getTime() + ttlSeconds * 1_000),
  };
}

/** All parts there are, page by page; null when the multipart is no more (completed, aborted). Throws AppError UNAVAILABLE. */
export async function listParts(
  { key, s3UploadId }: Multipart,
  { client, bucket }: Storage = storage(),
  pageSize = 1_000,
): Promise<StoredPart[] | null> {
  const parts: StoredPart[] = [];
  let marker: string | undefined;
  for (;;) {
    const page: ListPartsCommandOutput | null = await storageCall(() =>
      orNullWhenGone(() =>
        client.send(
          new ListPartsCommand({
            Bucket: bucket,
            Key: key,
            UploadId: s3UploadId,
            MaxParts: pageSize,
            ...(marker === undefined ? {} : { PartNumberMarker: marker }),
          }),
        ),
      ),
    );
    if (!page) return null;
    for (const { PartNumber = 0, Size = 0, ETag } of page.Parts ?? [])
      parts.push({ number: PartNumber, sizeBytes: Size, etag: unquoteEtag(ETag) });
    if (!page.IsTruncated) return parts;
    const next = page.NextPartNumberMarker;
    if (next === undefined || Number(next) <= Number(marker ?? 0))
      throw new Error("the storage's listing of parts does not get on from one page to the next");
    marker = next;
  }
}

export type Completed =
  | { state: "done"; object: StoredObject }
  /** There is no such multipart any more, and no object of this size in its place. */
  | { state: "gone" }
  /** A part is missing or is not the one named; the multipart is as it was. */
  | { state: "parts" }
  /** Together they are not what the checksum says; the multipart is as it was. */
  | { state: "checksum" };

/**
 * Puts the parts together. Bears being repeated: where the answer to an earlier call was lost the multipart is gone, and the
 * object with this size (and this checksum, where both know one) is what that call made. An error that comes inside an answer
 * of 200 is thrown as any other. Hold the parts against `listParts` first: Ceph 16 answers every completion for ten minutes after
 * one that failed with a 500. Throws AppError UNAVAILABLE, INTERNAL.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export async function completeMultipart(
  input: Multipart & {
    sizeBytes: number;
    /** None: only looks whether an earlier call did it. */
    parts: { number: number; etag: string }[];
    crc64nvme?: string | undefined;
    /** What lay at the key before and is not what the parts make, whatever its size. */
    staleVersion?: string | null;
  },
  store: Storage = storage(),
): Promise<Completed> {
  const Parts = input.parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }));
  const failure = await storageCall(async () => {
    if (Parts.length === 0) return null;
    try {
      await store.client.send(
        new CompleteMultipartUploadCommand({
          Bucket: store.bucket,
          Key: input.key,
          UploadId: input.s3UploadId,
          MultipartUpload: { Parts },
          ...(input.crc64nvme === undefined ? {} : { ChecksumCRC64NVME: input.crc64nvme, ChecksumType: "FULL_OBJECT" }),
        }),
      );
      return null;
    } catch (error) {
      if (isNamed(error, "NoSuchUpload", "NoSuchKey")) return "gone";
      if (isNamed(error, "InvalidPart", "InvalidPartOrder", "EntityTooSmall")) return "parts";
      if (isNamed(error, "BadDigest", "XAmzContentChecksumMismatch")) return "checksum";
      throw error;
    }
  });
  if (failure === "parts" || failure === "checksum") return { state: failure };
  // The answer itself names no size, and Ceph 16 leaves its ETag empty.
  const object = await headObject({ key: input.key }, store);
  const isIt =
    object?.sizeBytes === input.sizeBytes &&
    object.versionId !== input.staleVersion &&
    (object.crc64nvme === null || input.crc64nvme === undefined || object.crc64nvme === input.crc64nvme);
  return isIt ? { state: "done", object } : { state: "gone" };
}

/** Throws the parts away. Gone already is fine. Throws AppError UNAVAILABLE, INTERNAL. */
export async function abortMultipart(
  { key, s3UploadId }: Multipart,
  { client, bucket }: Storage = storage(),
): Promise<void> {
  await storageCall(() =>
    orNullWhenGone(() =>
      client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: s3UploadId })),
    ),
  );
}

/** Every multipart begun under a prefix and neither completed nor aborted, in pages of at most 1,000. */
export async function* listMultiparts(
  prefix: string,
  { client, bucket }: Storage = storage(),
  pageSize = 1_000,
): AsyncGenerator<Multipart[]> {
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page = await storageCall(() =>
      client.send(
        new ListMultipartUploadsCommand({
          Bucket: bucket,
          Prefix: prefix,
          MaxUploads: pageSize,
          EncodingType: "url",
          ...marker,
        }),
      ),
    );
    const found = (page.Uploads ?? []).map(({ Key = "", UploadId = "" }) => ({
      key: decodeListed(Key),
      s3UploadId: UploadId,
    }));
    if (found.length > 0) yield found;
    const last = found.at(-1);
    if (!page.IsTruncated || !last) return;
    // The markers are the last of the page; AWS encodes them as it does the keys, Ceph 16 does not.
    marker = { KeyMarker: last.key, UploadIdMarker: last.s3UploadId };
  }
}

/** Throws away whatever was begun under a prefix. Returns how many multiparts there were. Throws AppError UNAVAILABLE, INTERNAL. */
export async function abortMultiparts(prefix: string, store: Storage = storage()): Promise<number> {
  let count = 0;
  for await (const page of listMultiparts(prefix, store)) {
    for (const multipart of page) await abortMultipart(multipart, store);
    count += page.length;
  }
  return count;
}

// Ceph 16 says NoSuchKey of a multipart it has put together.
async function orNullWhenGone<Result>(call: () => Promise<Result>): Promise<Result | null> {
  try {
    return await call();
  } catch (error) {
    if (isNamed(error, "NoSuchUpload", "NoSuchKey")) return null;
    throw error;
  }
}

function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
