import { parsePolicy, type Statement } from "@/lib/policy/document";
import { type AccessRequest, evaluatePolicy } from "@/lib/policy/evaluate";
import { isPublicPolicy } from "@/lib/policy/public-access";
import { userBehind } from "../auth/users";
import { S3Error } from "../protocol/errors";
import type { BucketRecord } from "../store/records";
import { aclAllows } from "./acl";
import { principalOf } from "./principal";
import type { AccessQuestion } from "./question";
import { requestConditions } from "./request-conditions";
import { sessionAllows } from "./session-access";

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
 * Decides by bucket policy (a Deny beats everything), ownership, then ACL; for a session within its policies.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
export function isAllowed(question: AccessQuestion): boolean {
  const { identity, bucket, action, key } = question;
  const user = userBehind(identity);
  const isOwner = user !== undefined && (user.isRoot || user.name === bucket.owner);
  const session = identity.kind === "session" ? identity.session : undefined;
  if (isOwner && !session && policyManagement.has(action)) return true; // even if the policy denies it or does not parse
  const statements = bucketStatements(bucket);
  if (statements.length === 0 && !session) return isOwner || allowedByAcl(question);
  const resource = `arn:aws:s3:::${bucket.name}${key === undefined ? "" : `/${key}`}`;
  const asked = accessRequest(question, resource, isOwner);
  const verdict = evaluatePolicy(statements, asked);
  if (verdict === "deny") return false;
  const restricted = bucket.publicAccessBlock?.RestrictPublicBuckets && identity.kind === "anonymous";
  const allowedByPolicy = verdict === "allow" && !(restricted && isPublicPolicy(statements));
  const granted = allowedByPolicy || isOwner || allowedByAcl(question);
  return session ? sessionAllows(session, asked, statements, granted) : granted;
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

function allowedByAcl({ identity, bucket, action, record }: AccessQuestion): boolean {
  return aclAllows(bucket, record, action, userBehind(identity)?.name, identity.kind === "anonymous");
}

/**
 * Authorizes the actions that no bucket policy covers: listing and making buckets. Every user may do that, a session
 * within its policies.
 * @param resource `arn:aws:s3:::*` for all buckets, else a bucket's ARN
 * @throws S3Error AccessDenied
 */
export function authorizeService(question: Omit<AccessQuestion, "bucket" | "key">, resource: string): void {
  const { identity } = question;
  if (identity.kind === "user") return;
  const allowed =
    identity.kind === "session" &&
    sessionAllows(identity.session, accessRequest(question, resource, false), [], userBehind(identity) !== undefined);
  if (!allowed) throw new S3Error("AccessDenied");
}

/** Requires that an action is allowed. @throws S3Error AccessDenied */
export function authorize(question: AccessQuestion): void {
  if (!isAllowed(question)) throw new S3Error("AccessDenied");
}
