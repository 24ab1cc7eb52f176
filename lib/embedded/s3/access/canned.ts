import { canonicalId } from "../auth/users";
import { S3Error } from "../protocol/errors";
import type { Acl, Grant } from "../store/database/records";

/** Canned ACLs. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */

/** What an ACL is set on. */
export type Resource = "bucket" | "object";

/** The owners an ACL refers to. */
export interface Owners {
  readonly owner: string;
  readonly bucketOwner: string;
}

export const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
export const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";
export const groups: ReadonlySet<string> = new Set([ALL_USERS, AUTHENTICATED, LOG_DELIVERY]);
/** Amazon EC2, which fetches machine images; part of the ACL, but no principal of this store. */
export const EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

/** The grants of each beside the owner's FULL_CONTROL, and what it can be set on. */
const canned: Readonly<
  Record<string, { readonly on: readonly Resource[]; readonly grants: (bucketOwner: string) => readonly Grant[] }>
> = {
  private: { on: ["bucket", "object"], grants: () => [] },
  "public-read": { on: ["bucket", "object"], grants: () => [{ grantee: ALL_USERS, permission: "READ" }] },
  "public-read-write": {
    on: ["bucket", "object"],
    grants: () => [
      { grantee: ALL_USERS, permission: "READ" },
      { grantee: ALL_USERS, permission: "WRITE" },
    ],
  },
  "authenticated-read": { on: ["bucket", "object"], grants: () => [{ grantee: AUTHENTICATED, permission: "READ" }] },
  "aws-exec-read": { on: ["bucket", "object"], grants: () => [{ grantee: EC2, permission: "READ" }] },
  "bucket-owner-read": { on: ["object"], grants: (owner) => [{ grantee: canonicalId(owner), permission: "READ" }] },
  "bucket-owner-full-control": {
    on: ["object"],
    grants: (owner) => [{ grantee: canonicalId(owner), permission: "FULL_CONTROL" }],
  },
  "log-delivery-write": {
    on: ["bucket"],
    grants: () => [
      { grantee: LOG_DELIVERY, permission: "WRITE" },
      { grantee: LOG_DELIVERY, permission: "READ_ACP" },
    ],
  },
};

/** @throws S3Error InvalidArgument for a word that is no canned ACL of such a resource */
export function requireCanned(acl: string, resource: Resource): Acl {
  const known = Object.hasOwn(canned, acl) ? canned[acl] : undefined;
  if (known?.on.includes(resource)) return acl;
  if (known && acl.startsWith("bucket-owner-")) return "private"; // "If you specify this canned ACL when creating a bucket, Amazon S3 ignores it."
  throw new S3Error("InvalidArgument", undefined, { ArgumentName: "x-amz-acl", ArgumentValue: acl });
}

/** All grants of an ACL; a canned one gives its owner FULL_CONTROL first. */
export function grantsOf(acl: Acl | undefined, { owner, bucketOwner }: Owners): readonly Grant[] {
  if (typeof acl === "object") return acl;
  const own: Grant = { grantee: canonicalId(owner), permission: "FULL_CONTROL" };
  const others = canned[acl ?? "private"]?.grants(bucketOwner) ?? [];
  return [own, ...others.filter(({ grantee }) => grantee !== own.grantee)]; // FULL_CONTROL includes the others
}
