import "server-only";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListPartsCommandOutput,
} from "@aws-sdk/client-s3";
import { type Storage, storage } from "../client";
import { isNamed, orNullIfMissing, storageCall } from "../errors";
import { type BucketPermit, requirePermit } from "../permit/permit";
import { identityAt, presign, type SigningIdentity } from "../sign";
import { unquoteEtag } from "./etag";
import { decodeListed } from "./list";
import { headObject, type StoredObject } from "./objects";

/** A multipart upload of S3: its parts are not an object until completed. */
export type Multipart = { key: string; s3UploadId: string };

/** `startedAt` is 1970 where the storage does not say it. */
export type ListedMultipart = Multipart & { startedAt: Date };
export type StoredPart = { number: number; sizeBytes: number; etag: string };

/**
 * Starts a multipart upload and returns its id. Requests a full-object CRC64NVME, which AWS and Atoll's own store support;
 * Ceph 16 ignores the request. If a server rejects it, retries without. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
 */
export async function createMultipart(
  permit: BucketPermit,
  { key, contentType }: { key: string; contentType?: string | undefined },
  store: Storage = storage(),
): Promise<string> {
  const { client, bucket } = store;
  await requirePermit(permit, store);
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
  if (!s3UploadId) throw new Error("the storage returned no id for the multipart upload");
  return s3UploadId;
}

export type PartRequest = { number: number; sizeBytes: number; crc64nvme?: string | undefined };

export type PartsRequest = Multipart & {
  parts: PartRequest[];
  ttlSeconds: number;
  /** More addresses of the bucket, `https://host/bucket` or `https://bucket.host`. */
  endpoints?: readonly string[];
};

/**
 * Returns URLs to PUT parts to, in the order of `parts`, valid for `ttlSeconds` and for a body of exactly `sizeBytes`.
 * `elsewhere` has the URLs for each of `endpoints`, because a signature is valid for one host. Sends no request once the
 * credentials and the permit are known. Throws AppError READ_ONLY, UNAVAILABLE.
 */
export async function presignParts(
  permit: BucketPermit,
  { key, s3UploadId, parts, ttlSeconds, endpoints = [] }: PartsRequest,
  store: Storage = storage(),
): Promise<{ urls: string[]; elsewhere: Map<string, string[]>; expiresAt: Date }> {
  await requirePermit(permit, store);
  const identity = await store.signingIdentity();
  const signedAt = new Date();
  const signedBy = (signer: SigningIdentity) =>
    parts.map((requested) => {
      const part = { ...requested, uploadId: s3UploadId };
      return presign(signer, { method: "PUT", key, part, signedAt, expiresInSeconds: ttlSeconds });
    });
  return {
    urls: signedBy(identity),
    elsewhere: new Map(endpoints.map((endpoint) => [endpoint, signedBy(identityAt(identity, endpoint))])),
    expiresAt: new Date(signedAt.getTime() + ttlSeconds * 1_000),
  };
}

/**
 * Returns all uploaded parts; null when the multipart upload does not exist any more (completed or aborted). Reads pages of
 * `pageSize`. Throws AppError UNAVAILABLE, INTERNAL, and Error when the pages do not advance.
 */
export async function listParts(
  { key, s3UploadId }: Multipart,
  { client, bucket }: Storage = storage(),
  pageSize = 1_000,
): Promise<StoredPart[] | null> {
  const parts: StoredPart[] = [];
  let marker: string | undefined;
  for (;;) {
    const page: ListPartsCommandOutput | null = await storageCall(() =>
      orNullIfMissing(() =>
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
      throw new Error("the storage's listing of parts does not advance from one page to the next");
    marker = next;
  }
}

export type Completed =
  | { state: "done"; object: StoredObject }
  /** The multipart upload does not exist any more, and no matching object is at the key. */
  | { state: "gone" }
  /** A part is missing or has another ETag. The multipart upload is unchanged. */
  | { state: "parts" }
  /** The parts together do not match the checksum. The multipart upload is unchanged. */
  | { state: "checksum" };

/**
 * Completes a multipart upload. Idempotent: if the response to an earlier call was lost, the multipart upload is gone, and an
 * object at the key with this size (and this checksum, if both are known) counts as its result. Errors inside a response of
 * status 200 are thrown like others. Compare the parts with `listParts` first: after a failed completion Ceph 16 responds
 * with 500 to further ones for ten minutes. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export async function completeMultipart(
  permit: BucketPermit,
  input: Multipart & {
    sizeBytes: number;
    /** Empty: only checks whether an earlier call completed it. */
    parts: { number: number; etag: string }[];
    crc64nvme?: string | undefined;
    /** The version that was at the key before. It is never taken for the result. */
    staleVersion?: string | null;
  },
  store: Storage = storage(),
): Promise<Completed> {
  const Parts = input.parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }));
  await requirePermit(permit, store);
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
  // The response has no size, and Ceph 16 leaves its ETag empty.
  const object = await headObject({ key: input.key }, store);
  const isResult =
    object?.sizeBytes === input.sizeBytes &&
    object.versionId !== input.staleVersion &&
    (object.crc64nvme === null || input.crc64nvme === undefined || object.crc64nvme === input.crc64nvme);
  return isResult ? { state: "done", object } : { state: "gone" };
}

/** Lists the multipart uploads in progress under a prefix, in pages of at most 1,000. Throws AppError UNAVAILABLE, INTERNAL. */
export async function* listMultiparts(
  prefix: string,
  { client, bucket }: Storage = storage(),
  pageSize = 1_000,
): AsyncGenerator<ListedMultipart[]> {
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
    const found = (page.Uploads ?? []).map(({ Key = "", UploadId = "", Initiated }) => ({
      key: decodeListed(Key),
      s3UploadId: UploadId,
      startedAt: Initiated ?? new Date(0),
    }));
    if (found.length > 0) yield found;
    const last = found.at(-1);
    if (!page.IsTruncated || !last) return;
    // Taken from the last entry, because AWS URL-encodes the response's markers and Ceph 16 does not.
    marker = { KeyMarker: last.key, UploadIdMarker: last.s3UploadId };
  }
}
