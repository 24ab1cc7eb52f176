import { ACCOUNT_ID } from "../auth/users";
import { S3Error } from "../errors";
import type { BucketRecord, ObjectRecord } from "../store/records";
import { child, childrenOf, expectRoot, textOf } from "../xml-read";
import { leaf, xmlDocument } from "../xml-write";

/** Canned ACLs are all the ACLs there are: grants to single users are bucket policies here, as AWS advises. */
const cannedAcls = [
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
] as const;

const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

const groupGrants: Record<string, readonly (readonly [group: string, permission: string])[]> = {
  "public-read": [[ALL_USERS, "READ"]],
  "public-read-write": [
    [ALL_USERS, "READ"],
    [ALL_USERS, "WRITE"],
  ],
  "authenticated-read": [[AUTHENTICATED, "READ"]],
};

/** @throws S3Error InvalidArgument */
export function checkCanned(acl: string | undefined): string | undefined {
  if (acl !== undefined && !cannedAcls.includes(acl as (typeof cannedAcls)[number])) {
    throw new S3Error("InvalidArgument", undefined, { ArgumentName: "x-amz-acl", ArgumentValue: acl });
  }
  return acl;
}

function isPublicAcl(acl: string | undefined): boolean {
  return acl !== undefined && acl in groupGrants;
}

/**
 * Whether a bucket takes this ACL: buckets that enforce their owner take none that says more than that, and those
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
export function aclsDisabled(bucket: BucketRecord): boolean {
  return (bucket.ownership ?? "BucketOwnerEnforced") === "BucketOwnerEnforced";
}

/** Whether an ACL lets a caller read or write who is neither owner nor allowed by policy. */
export function aclAllows(acl: string | undefined, permission: "READ" | "WRITE", isAnonymous: boolean): boolean {
  return (groupGrants[acl ?? ""] ?? []).some(
    ([group, granted]) => granted === permission && (group === ALL_USERS || !isAnonymous),
  );
}

/** The AccessControlPolicy document of a bucket or an object. */
export function renderAcl(owner: string, acl: string | undefined): string {
  const grant = (grantee: string, permission: string) => `<Grant>${grantee}${leaf("Permission", permission)}</Grant>`;
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const id = `${leaf("ID", ownerId(owner))}${leaf("DisplayName", owner)}`;
  const groups = (groupGrants[acl ?? ""] ?? []).map(([uri, permission]) =>
    grant(`<Grantee ${xsi} xsi:type="Group">${leaf("URI", uri)}</Grantee>`, permission),
  );
  const own = grant(`<Grantee ${xsi} xsi:type="CanonicalUser">${id}</Grantee>`, "FULL_CONTROL");
  return xmlDocument(
    "AccessControlPolicy",
    `<Owner>${id}</Owner>`,
    `<AccessControlList>${own}${groups.join("")}</AccessControlList>`,
  );
}

/**
 * The canned ACL that a posted AccessControlPolicy amounts to.
 * @throws S3Error NotImplemented for grants no canned ACL has, MalformedACLError
 */
export function parseAcl(xml: string): string {
  const root = expectRoot(xml, "AccessControlPolicy");
  const grants = childrenOf(child(root, "AccessControlList"), "Grant").map((grant) => {
    const permission = textOf(grant, "Permission");
    const grantee = child(grant, "Grantee");
    if (!permission || !grantee) throw new S3Error("MalformedACLError");
    return { permission, uri: textOf(grantee, "URI") };
  });
  const groups = grants.filter((grant) => grant.uri !== undefined).map((grant) => `${grant.uri} ${grant.permission}`);
  const personal = grants.filter((grant) => grant.uri === undefined);
  const same = (acl: string) =>
    (groupGrants[acl] ?? [])
      .map((one) => one.join(" "))
      .sort()
      .join() === [...groups].sort().join();
  const canned = ["private", "public-read", "public-read-write", "authenticated-read"].find(same);
  if (!canned || personal.length > 1 || personal.some((grant) => grant.permission !== "FULL_CONTROL")) {
    throw new S3Error("NotImplemented", "Only grants that a canned ACL has are implemented; use a bucket policy.");
  }
  return canned;
}

/** Owners in listings: a stable id per user, 64 characters as S3's canonical ids. */
export function ownerId(user: string): string {
  return Buffer.from(`${ACCOUNT_ID}/${user}`).toString("hex").padEnd(64, "0").slice(0, 64);
}

/** ACL in force: none where ACLs are off or public ones ignored. */
export function effectiveAcl(bucket: BucketRecord, record?: ObjectRecord): string | undefined {
  const acl = record ? record.acl : bucket.acl;
  if (aclsDisabled(bucket)) return undefined;
  return isPublicAcl(acl) && bucket.publicAccessBlock?.IgnorePublicAcls ? undefined : acl;
}
