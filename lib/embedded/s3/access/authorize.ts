import type { Identity } from "../auth/users";
import { ACCOUNT_ID, userArn } from "../auth/users";
import { S3Error } from "../errors";
import type { Incoming } from "../incoming";
import type { BucketRecord, ObjectRecord } from "../store/records";
import { aclAllows, effectiveAcl } from "./acl";
import { evaluatePolicy } from "./evaluate";
import { parsePolicy, type Statement } from "./policy-document";
import { isPublicPolicy } from "./public";
import { requestConditions } from "./request-conditions";

/** What is asked: may this caller do `action` on `key` of `bucket` (or on the bucket itself)? */
export interface AccessQuestion {
  readonly request: Incoming;
  readonly identity: Identity;
  readonly bucket: BucketRecord;
  readonly action: string;
  readonly key?: string | undefined;
  /** The version it is about, when there is one: its ACL and tags count. */
  readonly record?: ObjectRecord | undefined;
  /** Values of condition keys that are not in the request's headers, such as form fields of a POST. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** A policy that locks everybody out may still be mended by these, for the owner and root. */
const policyManagement = new Set(["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"]);
const aclReads = new Set(["s3:GetObject", "s3:GetObjectVersion"]);
const bucketReads = new Set(["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]);
const bucketWrites = new Set(["s3:PutObject", "s3:DeleteObject"]);

const parsed = new WeakMap<BucketRecord, readonly Statement[]>();

/** The bucket's policy, parsed once for each state of the bucket. */
export function bucketStatements(bucket: BucketRecord): readonly Statement[] {
  if (bucket.policy === undefined) return [];
  const known = parsed.get(bucket);
  if (known) return known;
  const statements = parsePolicy(bucket.policy, { bucket: bucket.name });
  parsed.set(bucket, statements);
  return statements;
}

/**
 * Decides by bucket policy (a Deny beats everything), ownership, then ACL.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
export function isAllowed(question: AccessQuestion): boolean {
  const { identity, bucket, action, key } = question;
  const isOwner = identity.kind === "user" && (identity.isRoot || identity.name === bucket.owner);
  const statements = bucketStatements(bucket);
  if (statements.length > 0) {
    const verdict = evaluatePolicy(statements, {
      principal:
        identity.kind === "user"
          ? { arn: userArn(identity.name), accountId: ACCOUNT_ID, name: identity.name }
          : undefined,
      action,
      resource: `arn:aws:s3:::${bucket.name}${key === undefined ? "" : `/${key}`}`,
      condition: requestConditions(question),
    });
    if (verdict === "deny" && !(isOwner && policyManagement.has(action))) return false;
    const restricted = bucket.publicAccessBlock?.RestrictPublicBuckets && identity.kind === "anonymous";
    if (verdict === "allow" && !(restricted && isPublicPolicy(statements))) return true;
  }
  return isOwner || allowedByAcl(question);
}

function allowedByAcl({ identity, bucket, action, record }: AccessQuestion): boolean {
  const isAnonymous = identity.kind === "anonymous";
  if (identity.kind === "user" && record?.owner === identity.name && aclReads.has(action)) return true;
  if (aclReads.has(action)) return record !== undefined && aclAllows(effectiveAcl(bucket, record), "READ", isAnonymous);
  if (bucketReads.has(action)) return aclAllows(effectiveAcl(bucket), "READ", isAnonymous);
  return bucketWrites.has(action) && aclAllows(effectiveAcl(bucket), "WRITE", isAnonymous);
}

/** @throws S3Error AccessDenied */
export function authorize(question: AccessQuestion): void {
  if (!isAllowed(question)) throw new S3Error("AccessDenied");
}
