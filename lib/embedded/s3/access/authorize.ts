import { parsePolicy, type Statement } from "@/lib/policy/document";
import { type AccessRequest, evaluatePolicy, type Verdict } from "@/lib/policy/evaluate";
import { isPublicPolicy } from "@/lib/policy/public-access";
import { identityPolicies, ownerBehind } from "../auth/users";
import { S3Error } from "../protocol/errors";
import type { BucketRecord, UploadRecord } from "../store/database/records";
import type { Authorize } from "../store/versions/version-writer";
import { aclAllows, isOthersObject } from "./acl";
import { identityVerdict } from "./identity-access";
import { principalOf } from "./principal";
import type { AccessQuestion } from "./question";
import { requestConditions } from "./request-conditions";

/** Actions that repair a policy which denies everything: always allowed to the owner and root with their own keys. */
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
 * Decides by bucket policy (a Deny beats everything), ownership (of the bucket or the multipart upload), then ACL; for roles
 * and limited users by their policies, for a session within its own. "deny" is what a policy denies, "none" what nothing allows.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
function decide(question: AccessQuestion): Verdict {
  const { identity, bucket, action, key, record } = question;
  const user = ownerBehind(identity);
  const isOwner = user !== undefined && (user.isRoot || user.name === bucket.owner);
  if (isOwner && identity.kind !== "session" && policyManagement.has(action)) return "allow"; // even if the policy denies it or does not parse
  const statements = bucketStatements(bucket);
  const isOthers = isOthersObject(bucket, record, action);
  const owns = isOwner && (user.isRoot || !isOthers);
  if (statements.length === 0 && identity.kind !== "session" && !identityPolicies(identity))
    return owns || beganUpload(question) || allowedByAcl(question) ? "allow" : "none";
  const resource = `arn:aws:s3:::${bucket.name}${key === undefined ? "" : `/${key}`}`;
  const asked = accessRequest(question, resource, isOwner);
  const verdict = evaluatePolicy(statements, asked);
  if (verdict === "deny") return "deny";
  const restricted = bucket.publicAccessBlock?.RestrictPublicBuckets && identity.kind === "anonymous";
  const allowedByPolicy = verdict === "allow" && !isOthers && !(restricted && isPublicPolicy(statements));
  const granted = allowedByPolicy || owns || beganUpload(question) || allowedByAcl(question);
  return identityVerdict(identity, asked, statements, granted);
}

/** What whoever began a multipart upload may do with it unless a policy denies it, whatever the bucket's ACL says by now. */
const initiatorActions = new Set(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]);

/**
 * Whether a user asks for what its own multipart upload allows it. Roles and limited users have no more than policies give.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */
function beganUpload({ identity, action, upload }: AccessQuestion): boolean {
  const user = ownerBehind(identity);
  return (
    initiatorActions.has(action) && user !== undefined && upload !== undefined && initiatorOf(upload) === user.name
  );
}

export function initiatorOf({ initiator, owner }: UploadRecord): string {
  return initiator ?? owner;
}

export function isAllowed(question: AccessQuestion): boolean {
  return decide(question) === "allow";
}

/**
 * Every user can ask STS for a federated user of any name. An Allow to such a name therefore counts only for sessions
 * that root or the bucket's owner issued.
 */
function accessRequest(
  question: Omit<AccessQuestion, "bucket" | "key">,
  resource: string,
  ofOwner: boolean,
): AccessRequest {
  const { identity, action } = question;
  const isSelfNamed = identity.kind === "session" && identity.session.kind === "federated" && !ofOwner;
  const known = principalOf(identity);
  return { principal: known && { ...known, isSelfNamed }, action, resource, condition: requestConditions(question) };
}

function allowedByAcl(question: AccessQuestion): boolean {
  const { identity } = question;
  return aclAllows(question, { user: ownerBehind(identity)?.name, isAnonymous: identity.kind === "anonymous" });
}

/**
 * Authorizes the actions that no bucket policy covers: listing and making buckets. Every user may do that, a limited user
 * and a role by its policies, a session within its own.
 * @param resource `arn:aws:s3:::*` for all buckets, else a bucket's ARN
 * @throws S3Error AccessDenied
 */
export function authorizeService(question: Omit<AccessQuestion, "bucket" | "key">, resource: string): void {
  const { identity } = question;
  const asked = accessRequest(question, resource, false);
  if (identityVerdict(identity, asked, [], ownerBehind(identity) !== undefined) !== "allow")
    throw new S3Error("AccessDenied");
}

/** Requires that an action is allowed. @throws S3Error AccessDenied */
export function authorize(question: AccessQuestion): void {
  if (!isAllowed(question)) throw new S3Error("AccessDenied");
}

/**
 * Returns what requires the same again in the transaction of a write, of the object that the write replaces by then; it
 * throws S3Error AccessDenied.
 */
export function authorizeReplacing(...questions: readonly AccessQuestion[]): Authorize {
  return (replaced) => {
    for (const question of questions) authorize({ ...question, replaced: () => replaced });
  };
}

/**
 * Requires that the caller may do this with a version. That a key has no such version is told to those who may list it
 * alone, unless the action is denied to them: they pass, and get the 404 of what is missing.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"
 * @throws S3Error AccessDenied
 */
export function authorizeVersion(question: AccessQuestion & { readonly key: string }): void {
  const { record } = question;
  const verdict = decide(question);
  if (record && !record.isDeleteMarker ? verdict === "allow" : verdict !== "deny" && mayList(question)) return;
  throw new S3Error("AccessDenied");
}

/** Whether a list that the caller may get would have this key. Parameters of a request that is no list do not count. */
function mayList({ key, ...question }: AccessQuestion & { readonly key: string }): boolean {
  const extra = { "s3:prefix": key, "s3:delimiter": undefined, "s3:max-keys": undefined, "s3:versionid": undefined };
  return isAllowed({ ...question, action: "s3:ListBucket", record: undefined, versionId: undefined, tags: [], extra });
}
