import { S3Error } from "../protocol/errors";
import type { BucketRecord, ObjectRecord } from "../store/records";
import { type Grant, grantsOfHeaders, ownerId, parseGrants, renderGrants } from "./grants";

/**
 * Only canned ACLs are supported: grants to single users are bucket policies, as AWS advises.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
 */
type Resource = "bucket" | "object";

const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";
/** Amazon EC2, which fetches machine images; part of the ACL, but no principal of this store. */
const EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

/** The grants of each beside the owner's FULL_CONTROL, and what it can be set on. */
const canned: Readonly<
  Record<string, { readonly on: readonly Resource[]; readonly grants: (bucketOwner: string) => readonly Grant[] }>
> = {
  private: { on: ["bucket", "object"], grants: () => [] },
  "public-read": { on: ["bucket", "object"], grants: () => [{ grantee: ALL_USERS, permission: "READ" }] },
  "public-read-write": {
    on: ["bucket", "object"],
    grants: () => ["READ", "WRITE"].map((permission) => ({ grantee: ALL_USERS, permission })),
  },
  "authenticated-read": { on: ["bucket", "object"], grants: () => [{ grantee: AUTHENTICATED, permission: "READ" }] },
  "aws-exec-read": { on: ["bucket", "object"], grants: () => [{ grantee: EC2, permission: "READ" }] },
  "bucket-owner-read": { on: ["object"], grants: (owner) => [{ grantee: ownerId(owner), permission: "READ" }] },
  "bucket-owner-full-control": {
    on: ["object"],
    grants: (owner) => [{ grantee: ownerId(owner), permission: "FULL_CONTROL" }],
  },
  "log-delivery-write": {
    on: ["bucket"],
    grants: () => ["WRITE", "READ_ACP"].map((permission) => ({ grantee: LOG_DELIVERY, permission })),
  },
};

/** The owners an ACL's grants refer to. */
export interface Owners {
  readonly owner: string;
  readonly bucketOwner: string;
}

/**
 * The ACL a request's headers ask for: canned, or grants that amount to a canned one.
 * @param field value by lower-case name of the header
 * @throws S3Error InvalidArgument, InvalidRequest, NotImplemented
 */
export function aclOfHeaders(
  field: (name: string) => string | undefined,
  resource: Resource,
  owners: Owners,
): string | undefined {
  const acl = field("x-amz-acl");
  const grants = grantsOfHeaders(field);
  if (acl !== undefined && grants)
    throw new S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed");
  return grants ? cannedOf(grants, resource, owners) : checkCanned(acl, resource);
}

/** @throws S3Error InvalidArgument */
function checkCanned(acl: string | undefined, resource: Resource): string | undefined {
  if (acl === undefined) return undefined;
  const known = Object.hasOwn(canned, acl) ? canned[acl] : undefined;
  if (known?.on.includes(resource)) return acl;
  if (known && acl.startsWith("bucket-owner-")) return "private"; // "If you specify this canned ACL when creating a bucket, Amazon S3 ignores it."
  throw new S3Error("InvalidArgument", undefined, { ArgumentName: "x-amz-acl", ArgumentValue: acl });
}

/** The canned ACL a posted AccessControlPolicy amounts to. @throws S3Error NotImplemented, MalformedACLError */
export function parseAcl(xml: string, resource: Resource, owners: Owners): string {
  return cannedOf(parseGrants(xml), resource, owners);
}

/** The owner's own grant may be left out: the owner keeps it. */
function cannedOf(grants: readonly Grant[], resource: Resource, { owner, bucketOwner }: Owners): string {
  const text = (of: readonly Grant[]) =>
    [...new Set(of.map((one) => `${one.permission} ${one.grantee}`))].sort().join();
  const own = `FULL_CONTROL ${ownerId(owner)}`;
  const beside = (of: readonly Grant[]) => text(of.filter((one) => `${one.permission} ${one.grantee}` !== own));
  const names = Object.keys(canned).filter((name) => canned[name]?.on.includes(resource));
  const found = names.find((name) => beside(canned[name]?.grants(bucketOwner) ?? []) === beside(grants));
  if (found !== undefined) return found;
  throw new S3Error("NotImplemented", "Only grants that a canned ACL has are implemented; use a bucket policy.");
}

/** The AccessControlPolicy document of a bucket or an object. Where ACLs are off the bucket's owner has everything. */
export function renderAcl(bucket: BucketRecord, record?: ObjectRecord): string {
  const off = aclsDisabled(bucket);
  const owner = off ? bucket.owner : (record ?? bucket).owner;
  const acl = off ? undefined : (record ?? bucket).acl;
  const own: Grant = { grantee: ownerId(owner), permission: "FULL_CONTROL" };
  const others = (canned[acl ?? "private"]?.grants(bucket.owner) ?? []).filter(
    (one) => one.grantee !== own.grantee, // the owner's FULL_CONTROL includes it
  );
  const names = new Map([owner, bucket.owner].map((name) => [ownerId(name), name]));
  return renderGrants(owner, [own, ...others], names);
}

/** Whether an ACL is public by the rules of Block Public Access. */
function isPublicAcl(acl: string | undefined): boolean {
  return groupGrants(acl).length > 0;
}

function groupGrants(acl: string | undefined): readonly Grant[] {
  const grants = canned[acl ?? "private"]?.grants("") ?? [];
  return grants.filter(({ grantee }) => grantee === ALL_USERS || grantee === AUTHENTICATED);
}

/**
 * Checks whether a bucket accepts an ACL: buckets that enforce their owner accept none with other grants, and buckets
 * with BlockPublicAcls no public one.
 * @throws S3Error AccessControlListNotSupported, AccessDenied
 */
export function checkAclAllowed(bucket: BucketRecord, acl: string | undefined): void {
  if (acl === undefined) return;
  const harmless = acl === "private" || acl === "bucket-owner-full-control";
  if (isPublicAcl(acl) && bucket.publicAccessBlock?.BlockPublicAcls) throw new S3Error("AccessDenied");
  if (aclsDisabled(bucket) && !harmless) throw new S3Error("AccessControlListNotSupported");
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
export function objectOwner(bucket: BucketRecord, writer: string | undefined, acl: string | undefined): string {
  const handedOver = bucket.ownership === "BucketOwnerPreferred" && acl === "bucket-owner-full-control";
  return writer === undefined || aclsDisabled(bucket) || handedOver ? bucket.owner : writer;
}

/** Actions by the permission that allows them, on the object or on its bucket. */
const byObjectRead = new Set(["s3:GetObject", "s3:GetObjectVersion"]);
const byObjectOwner = new Set(
  ["GetObject", "GetObjectVersion", "GetObjectAcl", "GetObjectVersionAcl"].map((one) => `s3:${one}`),
)
  .add("s3:PutObjectAcl")
  .add("s3:PutObjectVersionAcl");
const byBucketRead = new Set(["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]);
const byBucketWrite = new Set(["s3:PutObject", "s3:DeleteObject"]);

/**
 * Whether ACLs allow an action to a caller who is neither the bucket's owner nor allowed by policy.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
 * @param user name of the caller, `undefined` without a signature
 */
export function aclAllows(
  bucket: BucketRecord,
  record: ObjectRecord | undefined,
  action: string,
  user: string | undefined,
  isAnonymous: boolean,
): boolean {
  if (aclsDisabled(bucket)) return false;
  if (record && user !== undefined && record.owner === user && byObjectOwner.has(action)) return true;
  if (byObjectRead.has(action)) return record !== undefined && opens(bucket, record.acl, "READ", isAnonymous);
  if (byBucketRead.has(action)) return opens(bucket, bucket.acl, "READ", isAnonymous);
  return byBucketWrite.has(action) && opens(bucket, bucket.acl, "WRITE", isAnonymous);
}

function opens(bucket: BucketRecord, acl: string | undefined, permission: string, isAnonymous: boolean): boolean {
  if (bucket.publicAccessBlock?.IgnorePublicAcls) return false;
  return groupGrants(acl).some((one) => one.permission === permission && (one.grantee === ALL_USERS || !isAnonymous));
}
