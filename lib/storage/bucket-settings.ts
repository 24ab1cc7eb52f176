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
 * The settings of a bucket, one call each, as S3 has them: what lib/infra reads and writes. Unlike the rest of this folder
 * they throw what the SDK throws, as a setting that is missing, unknown to a server or refused are three different things to
 * the caller. A reader gives null where S3 says that nothing is set, and undefined where the answer has nothing of the kind:
 * a server that does not know a call may list the bucket instead.
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

/** Throws with status 404 (missing), 403 (not ours), 301 (in another region). */
export async function requireBucket({ client, bucket }: BucketTarget): Promise<void> {
  await client.send(new HeadBucketCommand({ Bucket: bucket }));
}

/** The SDK adds the region as the location where one is needed. Throws BucketAlreadyOwnedByYou, BucketAlreadyExists. */
export async function createBucket({ client, bucket }: BucketTarget): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
}

/** "Enabled", "Suspended"; undefined when it never was. */
export async function getVersioning({ client, bucket }: BucketTarget): Promise<string | undefined> {
  return (await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status;
}

export async function putVersioning({ client, bucket }: BucketTarget, status: "Enabled" | "Suspended"): Promise<void> {
  const VersioningConfiguration = { Status: status };
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}

export function getOwnership({ client, bucket }: BucketTarget): Promise<string | null | undefined> {
  return orNull("OwnershipControlsNotFoundError", async () => {
    const { OwnershipControls } = await client.send(new GetBucketOwnershipControlsCommand({ Bucket: bucket }));
    return OwnershipControls?.Rules?.[0]?.ObjectOwnership;
  });
}

export async function putOwnership({ client, bucket }: BucketTarget, ownership: ObjectOwnership): Promise<void> {
  const OwnershipControls = { Rules: [{ ObjectOwnership: ownership }] };
  await client.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls }));
}

export function getPublicAccess({ client, bucket }: BucketTarget): Promise<Partial<PublicAccess> | null | undefined> {
  return orNull("NoSuchPublicAccessBlockConfiguration", async () => {
    const answer = await client.send(new GetPublicAccessBlockCommand({ Bucket: bucket }));
    const given = Object.entries(answer.PublicAccessBlockConfiguration ?? {}).filter(([, on]) => on !== undefined);
    return given.length === 0 ? undefined : Object.fromEntries(given);
  });
}

export async function putPublicAccess({ client, bucket }: BucketTarget, settings: PublicAccess): Promise<void> {
  await client.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: settings }));
}

/** Who may do what by the ACL of the bucket, its owner left out; undefined when the server has no ACLs. */
export async function getGrantsToOthers({ client, bucket }: BucketTarget): Promise<Grant[] | undefined> {
  const { Grants, Owner } = await client.send(new GetBucketAclCommand({ Bucket: bucket }));
  return Grants?.filter(({ Grantee }) => Grantee?.ID === undefined || Grantee.ID !== Owner?.ID);
}

export async function putPrivateAcl({ client, bucket }: BucketTarget): Promise<void> {
  await client.send(new PutBucketAclCommand({ Bucket: bucket, ACL: "private" }));
}

export function getCors({ client, bucket }: BucketTarget): Promise<CORSRule[] | null | undefined> {
  return orNull(
    "NoSuchCORSConfiguration",
    async () => (await client.send(new GetBucketCorsCommand({ Bucket: bucket }))).CORSRules,
  );
}

/** Replaces all rules; the first that fits an origin and a method is the one that counts. */
export async function putCors({ client, bucket }: BucketTarget, rules: CORSRule[]): Promise<void> {
  await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: rules } }));
}

export function getLifecycle({ client, bucket }: BucketTarget): Promise<LifecycleRule[] | null | undefined> {
  return orNull(
    "NoSuchLifecycleConfiguration",
    async () => (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules,
  );
}

/** Replaces all rules. */
export async function putLifecycle({ client, bucket }: BucketTarget, rules: LifecycleRule[]): Promise<void> {
  const LifecycleConfiguration = { Rules: rules };
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
}

/** The policy as the text it is. */
export function getPolicy({ client, bucket }: BucketTarget): Promise<string | null | undefined> {
  return orNull(
    "NoSuchBucketPolicy",
    async () => (await client.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy,
  );
}

export async function putPolicy({ client, bucket }: BucketTarget, policy: string): Promise<void> {
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
}
