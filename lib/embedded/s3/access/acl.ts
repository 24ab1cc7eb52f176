import { canonicalId, type UserDirectory } from "../auth/users";
import { S3Error } from "../protocol/errors";
import type { Acl, BucketRecord, Grant, ObjectRecord, Permission } from "../store/database/records";
import { ALL_USERS, AUTHENTICATED, EC2, grantsOf, groups, type Owners, type Resource, requireCanned } from "./canned";
import { grantsOfHeaders, parseGrants, renderGrants } from "./grants";

/** What a new ACL is checked against. */
export interface AclScope extends Owners {
  readonly users: UserDirectory;
}

/**
 * The ACL a request's headers ask for: canned, or a list of grants.
 * @param field value by lower-case name of the header
 * @throws S3Error InvalidArgument, InvalidRequest, MethodNotAllowed
 */
export function aclOfHeaders(
  field: (name: string) => string | undefined,
  resource: Resource,
  scope: AclScope,
): Acl | undefined {
  const acl = field("x-amz-acl");
  const grants = grantsOfHeaders(field);
  if (acl !== undefined && grants)
    throw new S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed");
  if (grants) return toKnown(grants, scope);
  return acl === undefined ? undefined : requireCanned(acl, resource);
}

/** The ACL of a posted AccessControlPolicy. @throws S3Error InvalidArgument, MalformedACLError, AccessDenied, MethodNotAllowed */
export function parseAcl(xml: string, scope: AclScope): Acl {
  return toKnown(parseGrants(xml, scope.owner), scope);
}

/** @throws S3Error InvalidArgument for a group that S3 does not have, or an id that no user has */
function toKnown(grants: readonly Grant[], { users, owner, bucketOwner }: AclScope): readonly Grant[] {
  const owners = [owner, bucketOwner].map(canonicalId); // who may have been removed since
  const isKnown = (grantee: string) =>
    groups.has(grantee) || grantee === EC2 || owners.includes(grantee) || users.hasCanonicalId(grantee);
  const unknown = grants.find(({ grantee }) => !isKnown(grantee));
  if (!unknown) return grants;
  const isUri = unknown.grantee.includes("://");
  throw new S3Error("InvalidArgument", isUri ? "Invalid group uri" : "Invalid id", {
    ArgumentName: isUri ? "Group/URI" : "CanonicalUser/ID",
    ArgumentValue: unknown.grantee,
  });
}

/** The AccessControlPolicy document of a bucket or an object. Where ACLs are off the bucket's owner has everything. */
export function renderAcl(bucket: BucketRecord, users: UserDirectory, record?: ObjectRecord): string {
  const off = aclsDisabled(bucket);
  const owner = off ? bucket.owner : (record ?? bucket).owner;
  const grants = grantsOf(off ? undefined : (record ?? bucket).acl, { owner, bucketOwner: bucket.owner });
  const names = [owner, bucket.owner, ...users.names()].map((name) => [canonicalId(name), name] as const);
  return renderGrants(owner, grants, new Map(names));
}

/**
 * Checks whether a bucket accepts an ACL: buckets that enforce their owner accept none with other grants, and buckets
 * with BlockPublicAcls no public one.
 * @throws S3Error AccessDenied, AccessControlListNotSupported
 */
export function checkAclAllowed(bucket: BucketRecord, acl: Acl | undefined): void {
  if (acl === undefined) return;
  if (isPublic(acl) && bucket.publicAccessBlock?.BlockPublicAcls) throw new S3Error("AccessDenied");
  if (aclsDisabled(bucket) && !isHarmless(acl, bucket.owner)) throw new S3Error("AccessControlListNotSupported");
}

/** Whether an ACL gives its bucket's owner everything and others nothing, or says nothing. */
function isHarmless(acl: Acl, bucketOwner: string): boolean {
  if (typeof acl === "string") return acl === "private" || acl === "bucket-owner-full-control";
  return acl.length > 0 && acl.every((one) => one.permission === "FULL_CONTROL" && isOf(one, bucketOwner));
}

/** Whether an ACL grants anything to others than the resource's owner. */
export function sharesWithOthers(acl: Acl | undefined, owner: string): boolean {
  return grantsOf(acl, { owner, bucketOwner: owner }).some((one) => !isOf(one, owner));
}

const isOf = ({ grantee }: Grant, user: string) => grantee === canonicalId(user);

/** Whether an ACL is public by the rules of Block Public Access: any permission to one of the two groups of everyone. */
function isPublic(acl: Acl | undefined): boolean {
  return grantsOf(acl, { owner: "", bucketOwner: "" }).some(isToEveryone);
}

const isToEveryone = ({ grantee }: Grant) => grantee === ALL_USERS || grantee === AUTHENTICATED;

/** Whether a bucket's own ACL is public and has an effect. */
export function isPublicByAcl(bucket: BucketRecord): boolean {
  return !aclsDisabled(bucket) && !bucket.publicAccessBlock?.IgnorePublicAcls && isPublic(bucket.acl);
}

/** New buckets enforce their owner, as AWS's do since April 2023. */
function aclsDisabled(bucket: BucketRecord): boolean {
  return (bucket.ownership ?? "BucketOwnerEnforced") === "BucketOwnerEnforced";
}

/**
 * Returns the owner of a new object.
 * @param writer `undefined` without a signature
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
export function objectOwner(bucket: BucketRecord, writer: string | undefined, acl: Acl | undefined): string {
  const handedOver = bucket.ownership === "BucketOwnerPreferred" && acl === "bucket-owner-full-control";
  return writer === undefined || aclsDisabled(bucket) || handedOver ? bucket.owner : writer;
}

/** The permission on an object that allows an action. An object's owner has all of them. */
const onObject: Readonly<Record<string, Permission>> = {
  "s3:GetObject": "READ",
  "s3:GetObjectVersion": "READ",
  "s3:GetObjectAcl": "READ_ACP",
  "s3:GetObjectVersionAcl": "READ_ACP",
  "s3:PutObjectAcl": "WRITE_ACP",
  "s3:PutObjectVersionAcl": "WRITE_ACP",
};

/** The permission on a bucket that allows an action. */
const onBucket: Readonly<Record<string, Permission>> = {
  "s3:ListBucket": "READ",
  "s3:ListBucketVersions": "READ",
  "s3:ListBucketMultipartUploads": "READ",
  "s3:PutObject": "WRITE",
  "s3:DeleteObject": "WRITE",
  "s3:GetBucketAcl": "READ_ACP",
  "s3:PutBucketAcl": "WRITE_ACP",
};

/**
 * Whether an action is about an object that another user than the bucket's owner owns: neither the bucket's owner nor its
 * policy can give what the object's owner did not.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
export function isOthersObject(bucket: BucketRecord, record: ObjectRecord | undefined, action: string): boolean {
  const isOwners = action in onObject || /^s3:GetObject(Version)?Attributes$/.test(action);
  return isOwners && record !== undefined && record.owner !== bucket.owner && !aclsDisabled(bucket);
}

/** A caller as ACLs know it. */
export interface AclCaller {
  /** Name of the user, `undefined` for roles, limited users and without a signature. */
  readonly user: string | undefined;
  readonly isAnonymous: boolean;
}

/**
 * Whether ACLs allow an action to a caller who is neither the bucket's owner nor allowed by policy.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
 * @param replaced finds the object that a write of this key would replace
 */
export function aclAllows(
  { bucket, record, action, replaced }: AclQuestion,
  { user, isAnonymous }: AclCaller,
): boolean {
  if (aclsDisabled(bucket)) return false;
  const ignored = bucket.publicAccessBlock?.IgnorePublicAcls === true;
  const opens = (of: BucketRecord | ObjectRecord, permission: Permission) =>
    grantsOf(of.acl, { owner: of.owner, bucketOwner: bucket.owner }).some((one) => {
      if (one.permission !== permission && one.permission !== "FULL_CONTROL") return false;
      if (isToEveryone(one)) return !ignored && (one.grantee === ALL_USERS || !isAnonymous);
      return user !== undefined && isOf(one, user);
    });
  // Who may make an object and will own it may give it an ACL.
  if (action === "s3:PutObjectAcl" && !record)
    return user !== undefined && aclAllows({ bucket, action: "s3:PutObject", replaced }, { user, isAnonymous });
  const needed = onObject[action];
  if (needed) return record !== undefined && (record.owner === user || opens(record, needed));
  const wanted = onBucket[action];
  if (!wanted || !opens(bucket, wanted)) return false;
  if (wanted !== "WRITE") return true;
  // "Allows grantee to create new objects in the bucket. For the bucket and object owners of existing objects, also allows
  // deletions and overwrites of those objects."
  const existing = replaced?.();
  const isOwn = existing !== undefined && existing.owner === user;
  return isOwn || (action === "s3:PutObject" && (existing === undefined || existing.isDeleteMarker));
}

/** What `aclAllows` reads of a question. */
interface AclQuestion {
  readonly bucket: BucketRecord;
  readonly record?: ObjectRecord | undefined;
  readonly action: string;
  readonly replaced?: (() => ObjectRecord | undefined) | undefined;
}
