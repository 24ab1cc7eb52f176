import { parsePolicy } from "@/lib/policy/document";
import { isPublicPolicy } from "@/lib/policy/public-access";
import { aclOfHeaders, checkAclAllowed, isPublicByAcl, parseAcl, renderAcl, sharesWithOthers } from "../../access/acl";
import { bucketStatements } from "../../access/authorize";
import { readText } from "../../body/read-text";
import type { Call, Reply } from "../../call/call";
import { emptyOk, noContent, xmlReply } from "../../call/call";
import { S3Error } from "../../protocol/errors";
import { child, expectRoot, textOf } from "../../protocol/xml-read";
import { leaf, tag, xmlDocument } from "../../protocol/xml-write";
import type { Acl, BucketRecord, Ownership, PublicAccessBlock } from "../../store/database/records";

/** Access settings of a bucket: policy, public access block, ownership controls and ACL. */

/**
 * Only the bucket owner's account may read and change the policy, even if the policy allows it to others: otherwise a
 * policy that allows everything could be replaced by everyone.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
 * @throws S3Error AccessDenied, MethodNotAllowed
 */
function authorizePolicy(call: Call, action: string): BucketRecord {
  const bucket = call.authorizeBucket(action);
  if (call.auth.identity.kind !== "anonymous") return bucket;
  throw new S3Error("MethodNotAllowed", undefined, { Method: call.request.method, ResourceType: "BUCKETPOLICY" });
}

export async function putBucketPolicy(call: Call): Promise<Reply> {
  const bucket = authorizePolicy(call, "s3:PutBucketPolicy");
  const policy = await call.text();
  const statements = parsePolicy(policy, { bucket: bucket.name });
  if (bucket.publicAccessBlock?.BlockPublicPolicy && isPublicPolicy(statements)) {
    throw new S3Error(
      "AccessDenied",
      "The policy is public and the bucket's BlockPublicPolicy setting refuses public policies.",
    );
  }
  await call.store.buckets.configure(bucket, { policy });
  return noContent;
}

export async function getBucketPolicy(call: Call): Promise<Reply> {
  const bucket = authorizePolicy(call, "s3:GetBucketPolicy");
  if (bucket.policy === undefined) throw new S3Error("NoSuchBucketPolicy", undefined, { BucketName: bucket.name });
  return { status: 200, headers: { "content-type": "application/json" }, body: bucket.policy };
}

export async function deleteBucketPolicy(call: Call): Promise<Reply> {
  await call.store.buckets.configure(authorizePolicy(call, "s3:DeleteBucketPolicy"), { policy: undefined });
  return noContent;
}

export async function getBucketPolicyStatus(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:GetBucketPolicyStatus");
  const isPublic = isPublicPolicy(bucketStatements(bucket)) || isPublicByAcl(bucket);
  if (bucket.policy === undefined && !isPublic)
    throw new S3Error("NoSuchBucketPolicy", undefined, { BucketName: bucket.name });
  return xmlReply(xmlDocument("PolicyStatus", leaf("IsPublic", isPublic)));
}

const blockFields = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;

export async function putPublicAccessBlock(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketPublicAccessBlock");
  const root = expectRoot(await call.text(), "PublicAccessBlockConfiguration");
  const fields = blockFields.map((name) => [name, boolean(textOf(root, name))] as const);
  await call.store.buckets.configure(bucket, {
    publicAccessBlock: Object.fromEntries(fields) as unknown as PublicAccessBlock,
  });
  return emptyOk;
}

export async function getPublicAccessBlock(call: Call): Promise<Reply> {
  const { publicAccessBlock: block, name } = call.authorizeBucket("s3:GetBucketPublicAccessBlock");
  if (!block) throw new S3Error("NoSuchPublicAccessBlockConfiguration", undefined, { BucketName: name });
  return xmlReply(
    xmlDocument("PublicAccessBlockConfiguration", ...blockFields.map((field) => leaf(field, block[field]))),
  );
}

export async function deletePublicAccessBlock(call: Call): Promise<Reply> {
  await call.store.buckets.configure(call.authorizeBucket("s3:PutBucketPublicAccessBlock"), {
    publicAccessBlock: undefined,
  });
  return noContent;
}

function boolean(text: string | undefined): boolean {
  if (text === undefined || /^false$/i.test(text)) return false;
  if (/^true$/i.test(text)) return true;
  throw new S3Error("MalformedXML");
}

export function isOwnership(text: string | undefined): text is Ownership {
  return text === "BucketOwnerEnforced" || text === "BucketOwnerPreferred" || text === "ObjectWriter";
}

export async function putOwnershipControls(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketOwnershipControls");
  const ownership = textOf(child(expectRoot(await call.text(), "OwnershipControls"), "Rule"), "ObjectOwnership");
  if (!isOwnership(ownership)) throw new S3Error("MalformedXML");
  if (ownership === "BucketOwnerEnforced" && sharesWithOthers(bucket.acl, bucket.owner))
    throw new S3Error("InvalidBucketAclWithObjectOwnership");
  await call.store.buckets.configure(bucket, { ownership });
  return emptyOk;
}

export async function getOwnershipControls(call: Call): Promise<Reply> {
  const { ownership = "BucketOwnerEnforced" } = call.authorizeBucket("s3:GetBucketOwnershipControls");
  return xmlReply(xmlDocument("OwnershipControls", tag("Rule", leaf("ObjectOwnership", ownership))));
}

/** Restores the setting of new buckets. */
export async function deleteOwnershipControls(call: Call): Promise<Reply> {
  await call.store.buckets.configure(call.authorizeBucket("s3:PutBucketOwnershipControls"), { ownership: undefined });
  return noContent;
}

export async function getBucketAcl(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:GetBucketAcl");
  return xmlReply(renderAcl(bucket, call.service.users));
}

export async function putBucketAcl(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:PutBucketAcl");
  const acl = await readAcl(call, "bucket", bucket.owner);
  checkAclAllowed(bucket, acl);
  await call.store.buckets.configure(bucket, { acl: acl === "private" ? undefined : acl });
  return emptyOk;
}

/**
 * Reads the ACL of a PUT ?acl from its headers, or from the document in its body.
 * @throws S3Error InvalidRequest for both, MissingSecurityHeader for none, MalformedACLError, InvalidArgument, AccessDenied
 */
export async function readAcl(call: Call, resource: "bucket" | "object", owner: string): Promise<Acl> {
  const scope = { owner, bucketOwner: call.bucket.owner, users: call.service.users };
  const inHeaders = aclOfHeaders((name) => call.header(name), resource, scope);
  const body = await readText(call.openBody(), (name) => call.request.header(name));
  if (inHeaders !== undefined && body !== "")
    throw new S3Error("InvalidRequest", "Specifying both Canned ACLs and a body is not allowed");
  if (inHeaders === undefined && body === "") throw new S3Error("MissingSecurityHeader");
  return inHeaders ?? parseAcl(body, scope);
}
