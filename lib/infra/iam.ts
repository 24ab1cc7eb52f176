/** A statement of an IAM policy: what a user or a role may do. */
type IamStatement = { Sid: string; Effect: "Allow"; Action: string[]; Resource: string | string[] };
export type IamPolicy = { Version: "2012-10-17"; Statement: IamStatement[] };

/**
 * Returns the permissions of the site and its worker. They cannot change settings or use another bucket, and can delete only
 * versions, to remove the orphans of uploads, the derivatives of rejected files, and former versions of the owner file. Deleting
 * without a version (a delete marker) is never needed.
 */
export function sitePermissions(bucket: string): IamPolicy {
  const arn = `arn:aws:s3:::${bucket}`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "FindAndList",
        Effect: "Allow",
        Action: ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
        Resource: arn,
      },
      {
        Sid: "ReadAndWrite",
        Effect: "Allow",
        Action: [
          "s3:GetObject",
          "s3:GetObjectVersion",
          "s3:PutObject",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
        ],
        Resource: [`${arn}/media/*`, `${arn}/derived/*`, `${arn}/atoll/*`],
      },
      {
        Sid: "RemoveLeftovers",
        Effect: "Allow",
        Action: ["s3:DeleteObjectVersion"],
        Resource: [`${arn}/media/*`, `${arn}/derived/*`, `${arn}/atoll/*`],
      },
    ],
  };
}

/**
 * Returns the permissions of the role for temporary credentials of uploads (`S3_ROLE_ARN`): the most that any of them can do. Each is
 * limited further, to the prefix of its upload (`lib/storage/session/policy.ts`).
 */
export function uploadRolePermissions(bucket: string): IamPolicy {
  const arn = `arn:aws:s3:::${bucket}`;
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "ListUploads", Effect: "Allow", Action: ["s3:ListBucket"], Resource: arn },
      {
        Sid: "WriteUploads",
        Effect: "Allow",
        Action: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        Resource: `${arn}/media/*`,
      },
    ],
  };
}

/** Returns who may assume that role: the site alone, by the ARN of its user or role. */
export function uploadRoleTrust(siteArn: string) {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: siteArn }, Action: "sts:AssumeRole" }],
  };
}

/** Returns the additional permissions to set up the bucket, for the credentials of `up` or of an administrator. */
export function setupPermissions(bucket: string): IamPolicy {
  const settings = [
    "BucketAcl",
    "BucketCORS",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketVersioning",
    "LifecycleConfiguration",
  ];
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "SetUpTheBucket",
        Effect: "Allow",
        Action: ["s3:CreateBucket", "s3:ListBucket", ...settings.flatMap((name) => [`s3:Get${name}`, `s3:Put${name}`])],
        Resource: `arn:aws:s3:::${bucket}`,
      },
    ],
  };
}
