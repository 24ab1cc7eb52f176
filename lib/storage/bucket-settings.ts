import {
  type CORSRule,
  CreateBucketCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type Grant,
  HeadBucketCommand,
  type LifecycleRule,
  type ObjectOwnership,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/**
 * Reads and writes the settings of a bucket for lib/infra, one S3 call per function. Unlike the rest of this folder, these
 * functions throw the SDK's errors, because the caller must tell a missing setting from an unsupported and a refused one.
 * A reader returns null when S3 responds that nothing is set, and undefined when the response lacks the setting: a server
 * that does not support the call may list the bucket instead.
 */
export type BucketTarget = { client: S3Client; bucket: string };
export type BucketLifecycleRule = LifecycleRule;
export type PublicAccess = {
  BlockPublicAcls: boolean;
  IgnorePublicAcls: boolean;
  BlockPublicPolicy: boolean;
  RestrictPublicBuckets: boolean;
};

async function orNull<Result>(code: string, read: () => Promise<Result>): Promise<Result | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && error.name === code) return null;
    throw error;
  }
}

/**
 * Checks that the bucket exists. Throws S3ServiceException with status 404 (missing), 403 (access denied), 301 (other
 * region).
 */
export async function requireBucket({ client, bucket }: BucketTarget): Promise<void> {
  await client.send(new HeadBucketCommand({ Bucket: bucket }));
}

/** Creates the bucket in the client's region. Throws BucketAlreadyOwnedByYou, BucketAlreadyExists. */
export async function createBucket({ client, bucket }: BucketTarget): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
}

/** Returns "Enabled" or "Suspended"; undefined when versioning was never enabled. */
export async function getVersioning({ client, bucket }: BucketTarget): Promise<string | undefined> {
  return (await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status;
}

/** Enables or suspends versioning. */
export async function putVersioning({ client, bucket }: BucketTarget, status: "Enabled" | "Suspended"): Promise<void> {
  const VersioningConfiguration = { Status: status };
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}

/** Returns the ObjectOwnership setting; null when not set, undefined when the response lacks it. */
export function getOwnership({ client, bucket }: BucketTarget): Promise<string | null | undefined> {
  return orNull("OwnershipControlsNotFoundError", async () => {
    const { OwnershipControls } = await client.send(new GetBucketOwnershipControlsCommand({ Bucket: bucket }));
    return OwnershipControls?.Rules?.[0]?.ObjectOwnership;
  });
}

/** Sets ObjectOwnership. */
export async function putOwnership({ client, bucket }: BucketTarget, ownership: ObjectOwnership): Promise<void> {
  const OwnershipControls = { Rules: [{ ObjectOwnership: ownership }] };
  await client.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls }));
}

/** Returns the Block Public Access settings; null when not set, undefined when the response lacks them. */
export function getPublicAccess({ client, bucket }: BucketTarget): Promise<Partial<PublicAccess> | null | undefined> {
  return orNull("NoSuchPublicAccessBlockConfiguration", async () => {
    const answer = await client.send(new GetPublicAccessBlockCommand({ Bucket: bucket }));
    const given = Object.entries(answer.PublicAccessBlockConfiguration ?? {}).filter(([, on]) => on !== undefined);
    return given.length === 0 ? undefined : Object.fromEntries(given);
  });
}

/** Sets Block Public Access. */
export async function putPublicAccess({ client, bucket }: BucketTarget, settings: PublicAccess): Promise<void> {
  await client.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: settings }));
}

/** Returns the grants of the bucket's ACL except the owner's; undefined when the server has no ACLs. */
export async function getGrantsToOthers({ client, bucket }: BucketTarget): Promise<Grant[] | undefined> {
  const { Grants, Owner } = await client.send(new GetBucketAclCommand({ Bucket: bucket }));
  return Grants?.filter(({ Grantee }) => Grantee?.ID === undefined || Grantee.ID !== Owner?.ID);
}

/** Sets the canned ACL `private`. */
export async function putPrivateAcl({ client, bucket }: BucketTarget): Promise<void> {
  await client.send(new PutBucketAclCommand({ Bucket: bucket, ACL: "private" }));
}

/** Returns the CORS rules; null when not set, undefined when the response lacks them. */
export function getCors({ client, bucket }: BucketTarget): Promise<CORSRule[] | null | undefined> {
  return orNull(
    "NoSuchCORSConfiguration",
    async () => (await client.send(new GetBucketCorsCommand({ Bucket: bucket }))).CORSRules,
  );
}

/** Replaces all CORS rules. S3 applies the first rule that matches origin and method. */
export async function putCors({ client, bucket }: BucketTarget, rules: CORSRule[]): Promise<void> {
  await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: rules } }));
}

/** Returns the lifecycle rules; null when not set, undefined when the response lacks them. */
export function getLifecycle({ client, bucket }: BucketTarget): Promise<LifecycleRule[] | null | undefined> {
  return orNull(
    "NoSuchLifecycleConfiguration",
    async () => (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules,
  );
}

/** Replaces all lifecycle rules. */
export async function putLifecycle({ client, bucket }: BucketTarget, rules: LifecycleRule[]): Promise<void> {
  const LifecycleConfiguration = { Rules: rules };
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
}

/** Returns the bucket policy as JSON text; null when not set, undefined when the response lacks it. */
export function getPolicy({ client, bucket }: BucketTarget): Promise<string | null | undefined> {
  return orNull(
    "NoSuchBucketPolicy",
    async () => (await client.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy,
  );
}

/** Replaces the bucket policy; `policy` is JSON text. */
export async function putPolicy({ client, bucket }: BucketTarget, policy: string): Promise<void> {
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
}
