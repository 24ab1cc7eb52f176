import "server-only";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { type Storage, storage } from "../client";
import { isAws } from "../endpoint";
import { storageCall } from "../errors";
import { type BucketPermit, requirePermit } from "../permit/permit";

const checksumFields = [
  "Content-MD5",
  "x-amz-checksum-crc32",
  "x-amz-checksum-crc32c",
  "x-amz-checksum-crc64nvme",
  "x-amz-checksum-sha1",
  "x-amz-checksum-sha256",
] as const;
type ChecksumField = (typeof checksumFields)[number];

export type PostPolicyInput = {
  /** The prefix of every key; ends with "/". */
  prefix: string;
  minBytes: number;
  maxBytes: number;
  ttlSeconds: number;
  /** AWS only: the checksum field that every form of this policy must have. Other servers allow all of them. */
  checksumField?: ChecksumField | undefined;
};

export type CreatedPostPolicy = { url: string; fields: Record<string, string>; expiresAt: Date };

/**
 * Creates one presigned POST for all keys under a prefix. The policy fixes bucket, prefix, size range, expiry and the response
 * (201 with XML); it rejects ACLs, redirects, metadata and every other field. `fields.key` is the prefix + `${filename}` and
 * may be replaced by any key under the prefix. `expiresAt` is the policy's expiry; temporary credentials may end it earlier.
 *
 * Forms may have `Content-Type` and checksum fields. Servers treat a missing field under `["starts-with", "$field", ""]`
 * differently: Ceph, MinIO and Atoll's own store accept it; AWS rejects the form ("Policy Condition failed"), and also rejects
 * fields without a condition ("Extra input fields"). So on AWS no field is optional: `fields` has a default `Content-Type`,
 * which the sender may replace, and of the checksums only `checksumField` is allowed, and then required.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 *
 * Throws TypeError for a prefix that is not a folder, RangeError for sizes or `ttlSeconds` out of range, AppError READ_ONLY,
 * UNAVAILABLE, and INTERNAL without credentials.
 */
export async function createPostPolicy(
  permit: BucketPermit,
  { prefix, minBytes, maxBytes, ttlSeconds, checksumField }: PostPolicyInput,
  store: Storage = storage(),
): Promise<CreatedPostPolicy> {
  requireFolder(prefix);
  requireLimits(minBytes, maxBytes, ttlSeconds);
  await requirePermit(permit, store);
  const strict = isAws(store.config.endpoint);
  const optional = strict ? (checksumField ? [checksumField] : []) : [...checksumFields, "x-amz-checksum-algorithm"];
  const { url, fields } = await storageCall(() =>
    createPresignedPost(store.publicClient, {
      Bucket: store.bucket,
      // S3 replaces `${filename}` by the file name of the form.
      Key: `${prefix}\${filename}`,
      Expires: ttlSeconds,
      Fields: { success_action_status: "201" },
      Conditions: [
        ["content-length-range", minBytes, maxBytes],
        ...["Content-Type", ...optional].map((field): ["starts-with", string, string] => [
          "starts-with",
          `$${field}`,
          "",
        ]),
      ],
    }),
  );
  return {
    url,
    fields: strict ? { ...fields, "Content-Type": "application/octet-stream" } : fields,
    expiresAt: expiryOf(fields.Policy ?? ""),
  };
}

/**
 * Checks that a prefix is a folder: not empty, ends with a slash, without `$` (a second variable) and without segments that
 * S3 keeps but other programs resolve (`.`, `..`, empty). Throws TypeError.
 */
function requireFolder(prefix: string): void {
  const segments = prefix.split("/");
  const ends = segments.pop() === "" && segments.length > 0;
  if (!ends || segments.some((segment) => ["", ".", ".."].includes(segment)) || /[$\p{Cc}]/u.test(prefix))
    throw new TypeError("an upload's prefix is one or more folder names, each followed by a slash");
}

function requireLimits(minBytes: number, maxBytes: number, ttlSeconds: number): void {
  if (!Number.isSafeInteger(minBytes) || !Number.isSafeInteger(maxBytes) || minBytes < 0 || maxBytes < minBytes)
    throw new RangeError("minBytes and maxBytes must be whole numbers with minBytes <= maxBytes");
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > 7 * 24 * 60 * 60)
    throw new RangeError("ttlSeconds must be a whole number from 1 to 604,800");
}

/** Reads the expiry from the policy, so that the client gets the time the storage enforces. */
function expiryOf(policy: string): Date {
  const { expiration } = JSON.parse(Buffer.from(policy, "base64").toString("utf8")) as { expiration: string };
  return new Date(expiration);
}
