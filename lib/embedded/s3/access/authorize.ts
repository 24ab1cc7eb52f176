import type { Identity } from "../auth/users";
import { userBehind } from "../auth/users";
import { S3Error } from "../errors";
import type { Incoming } from "../incoming";
import type { BucketRecord, ObjectRecord } from "../store/records";
import { aclAllows } from "./acl";
import { type AccessRequest, evaluatePolicy } from "./evaluate";
import { parsePolicy, type Statement } from "./policy-document";
import { principalOf } from "./principal";
import { isPublicPolicy } from "./public";
import { requestConditions } from "./request-conditions";
import { sessionAllows } from "./session-access";

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

/** A policy that locks everybody out may still be mended by these, for the owner and root with their own keys. */
const policyManagement = new Set(["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"]);

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
 * Decides by bucket policy (a Deny beats everything), ownership, then ACL; for a session within its policies.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
export function isAllowed(question: AccessQuestion): boolean {
  const { identity, bucket, action, key } = question;
  const user = userBehind(identity);
  const isOwner = user !== undefined && (user.isRoot || user.name === bucket.owner);
  const statements = bucketStatements(bucket);
  const session = identity.kind === "session" ? identity.session : undefined;
  if (statements.length === 0 && !session) return isOwner || allowedByAcl(question);
  const asked = accessRequest(question, `arn:aws:s3:::${bucket.name}${key === undefined ? "" : `/${key}`}`);
  const verdict = evaluatePolicy(statements, asked);
  const mayMend = isOwner && !session && policyManagement.has(action);
  if (verdict === "deny" && !mayMend) return false;
  const restricted = bucket.publicAccessBlock?.RestrictPublicBuckets && identity.kind === "anonymous";
  const allowedByPolicy = verdict === "allow" && !(restricted && isPublicPolicy(statements));
  const granted = allowedByPolicy || isOwner || allowedByAcl(question);
  return session ? sessionAllows(session, asked, statements, granted) : granted;
}

function accessRequest(question: Omit<AccessQuestion, "bucket" | "key">, resource: string): AccessRequest {
  const { identity, action } = question;
  return { principal: principalOf(identity), action, resource, condition: requestConditions(question) };
}

function allowedByAcl({ identity, bucket, action, record }: AccessQuestion): boolean {
  return aclAllows(bucket, record, action, userBehind(identity)?.name, identity.kind === "anonymous");
}

/**
 * Decides what no bucket's policy has a say in: listing and making buckets. Every user may; a session within its policies.
 * @param resource `arn:aws:s3:::*` for all buckets, else a bucket's ARN
 * @throws S3Error AccessDenied
 */
export function authorizeService(question: Omit<AccessQuestion, "bucket" | "key">, resource: string): void {
  const { identity } = question;
  if (identity.kind === "user") return;
  const allowed =
    identity.kind === "session" &&
    sessionAllows(identity.session, accessRequest(question, resource), [], userBehind(identity) !== undefined);
  if (!allowed) throw new S3Error("AccessDenied");
}

/** @throws S3Error AccessDenied */
export function authorize(question: AccessQuestion): void {
  if (!isAllowed(question)) throw new S3Error("AccessDenied");
}
