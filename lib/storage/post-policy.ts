import "server-only";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { type Storage, storage } from "./client";
import { isAws } from "./endpoint";
import { storageCall } from "./errors";

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
  /** The folder every key must be in; ends with "/". */
  prefix: string;
  minBytes: number;
  maxBytes: number;
  ttlSeconds: number;
  /**
   * Only for AWS, see below: the checksum field every form of this policy will carry. Elsewhere all of them are allowed anyway.
   */
  checksumField?: ChecksumField | undefined;
};

export type CreatedPostPolicy = { url: string; fields: Record<string, string>; expiresAt: Date };

/**
 * One presigned POST for everything under a prefix: the key (`fields.key` is the prefix + `${filename}` and may be replaced by
 * any key under the prefix), the bucket, the size, the expiry and the answer (201 with XML) are pinned; an ACL, a redirect,
 * metadata and every other field are refused. `expiresAt` is what the policy says; with temporary credentials it dies with them.
 *
 * `Content-Type` and the checksum fields may be sent. What a server makes of `["starts-with", "$field", ""]` when the field is
 * absent differs: Ceph, MinIO and Atoll's own store take absent as empty, which passes; AWS refuses the form ("Policy Condition
 * failed"), and refuses a field without a condition too ("Extra input fields"). So on AWS there is no optional field:
 * `Content-Type` comes with a default in `fields`, which the sender may replace, and of the checksums only `checksumField`
 * is let in, then required. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 *
 * Throws TypeError for a prefix that would give away more than a folder, RangeError for sizes or a life out of range,
 * AppError when there are no credentials.
 */
export async function createPostPolicy(
  { prefix, minBytes, maxBytes, ttlSeconds, checksumField }: PostPolicyInput,
  store: Storage = storage(),
): Promise<CreatedPostPolicy> {
  requireFolder(prefix);
  requireLimits(minBytes, maxBytes, ttlSeconds);
  const strict = isAws(store.config.endpoint);
  const optional = strict ? (checksumField ? [checksumField] : []) : [...checksumFields, "x-amz-checksum-algorithm"];
  const { url, fields } = await storageCall(() =>
    createPresignedPost(store.publicClient, {
      Bucket: store.bucket,
      // S3 replaces the variable by the name of the file part.
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

/** Not empty, not relative, ends a folder, and without `$` (a second variable) and segments S3 keeps but others resolve. */
function requireFolder(prefix: string): void {
  const segments = prefix.split("/");
  const ends = segments.pop() === "" && segments.length > 0;
  if (!ends || segments.some((segment) => ["", ".", ".."].includes(segment)) || /[$\p{Cc}]/u.test(prefix))
    throw new TypeError("an upload's prefix is one or more folder names, each followed by a slash");
}

function requireLimits(minBytes: number, maxBytes: number, ttlSeconds: number): void {
  if (!Number.isSafeInteger(minBytes) || !Number.isSafeInteger(maxBytes) || minBytes < 0 || maxBytes < minBytes)
    throw new RangeError("a policy's sizes are whole bytes, the smallest first");
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > 7 * 24 * 60 * 60)
    throw new RangeError("a policy lives for 1 to 604,800 whole seconds");
}

/** The policy's own word: what is told to the client cannot differ from what the storage enforces. */
function expiryOf(policy: string): Date {
  const { expiration } = JSON.parse(Buffer.from(policy, "base64").toString("utf8")) as { expiration: string };
  return new Date(expiration);
}
