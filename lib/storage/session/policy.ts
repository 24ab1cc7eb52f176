import { partitionOf } from "../endpoint";

type Place = { bucket: string; prefix: string; region: string };

/**
 * Returns the session policy of credentials that write under one prefix, as JSON without spaces: put objects, send, list and abort parts,
 * list the prefix. No reading, no deletion, no tags, no ACL, no other prefix. Denied although the role may allow it: encryption with a
 * key of the sender's own (nobody else could ever read the object) and other storage classes (which cost, or cannot be read at once).
 * `prefix` is a folder, with its slash. A session may do what both its role and this policy allow
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session).
 *
 * At most 1,024 characters with the longest bucket. AWS takes 2,048, and also packs policy and tags into a token whose size it limits
 * without saying how (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
 */
export function sessionPolicy({ bucket, prefix, region }: Place): string {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
        Resource: `${arn}/${prefix}*`,
      },
      {
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: arn,
        Condition: { StringLike: { "s3:prefix": `${prefix}*` } },
      },
      {
        Effect: "Deny",
        Action: "s3:PutObject",
        Resource: "*",
        // Where the header is there, whatever it says. Not by Null: Ceph takes it for true without the header, whatever it compares.
        Condition: { StringLike: { "s3:x-amz-server-side-encryption-customer-algorithm": "*" } },
      },
      {
        Effect: "Deny",
        Action: "s3:PutObject",
        Resource: "*",
        // Both: without the header, a negated operator alone is true.
        Condition: {
          StringLike: { "s3:x-amz-storage-class": "*" },
          StringNotEquals: { "s3:x-amz-storage-class": "STANDARD" },
        },
      },
    ],
  });
}
