import { wireValue } from "../metadata/object-headers";
import type { BucketRecord, ObjectRecord, UploadRecord } from "../store/database/records";
import { abortOf, expiryOf } from "./due";
import { rulesOf } from "./rules";

/**
 * `x-amz-expiration` of answers about the current version of a key, where a rule will expire it.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_ResponseSyntax
 */
export function expirationHeader(bucket: BucketRecord, key: string, record: ObjectRecord): Record<string, string> {
  if (bucket.lifecycle === undefined) return {};
  const due = expiryOf(rulesOf(bucket), key, record);
  if (!due) return {};
  const date = new Date(due.at).toUTCString();
  return { "x-amz-expiration": `expiry-date="${date}", rule-id="${encodeURIComponent(due.rule.id)}"` };
}

/**
 * `x-amz-abort-date` and `-rule-id` of answers about a multipart upload, where a rule will abort it.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html#API_CreateMultipartUpload_ResponseSyntax
 */
export function abortHeaders(bucket: BucketRecord, upload: UploadRecord): Record<string, string> {
  const due = abortOf(rulesOf(bucket), upload.key, upload.initiatedAt);
  if (!due) return {};
  return { "x-amz-abort-date": new Date(due.at).toUTCString(), "x-amz-abort-rule-id": wireValue(due.rule.id) };
}
