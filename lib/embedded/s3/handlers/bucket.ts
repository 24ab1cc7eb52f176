import { aclOfHeaders } from "../access/acl";
import { authorizeService } from "../access/authorize";
import { userBehind } from "../auth/users";
import { readText } from "../body/read-text";
import type { Call, Reply } from "../call/call";
import { emptyOk, noContent, xmlReply } from "../call/call";
import { isBucketName } from "../protocol/address";
import { S3Error } from "../protocol/errors";
import { expectRoot, textOf } from "../protocol/xml-read";
import { leaf, tag, xmlDocument } from "../protocol/xml-write";
import type { Ownership } from "../store/records";
import { isOwnership } from "./bucket-access";
import { renderOwner } from "./list-objects";

const MAX_BUCKETS = 1000;

export async function listBuckets(call: Call): Promise<Reply> {
  const { request } = call;
  const { identity } = call.auth;
  authorizeService({ request, identity, action: "s3:ListAllMyBuckets" }, "arn:aws:s3:::*");
  const user = userBehind(identity);
  // A role belongs to the account, which owns all buckets.
  const own = call.store.buckets.all().filter((bucket) => !user || user.isRoot || bucket.owner === user.name);
  const rendered = own.map((bucket) =>
    tag("Bucket", leaf("Name", bucket.name), leaf("CreationDate", new Date(bucket.createdAt).toISOString())),
  );
  return xmlReply(xmlDocument("ListAllMyBucketsResult", renderOwner(call.caller), tag("Buckets", ...rendered)));
}

export async function createBucket(call: Call): Promise<Reply> {
  const name = call.request.bucket ?? "";
  authorizeCreation(call, name);
  if (!isBucketName(name)) throw new S3Error("InvalidBucketName", undefined, { BucketName: name });
  const xml = await readText(call.openBody(), (header) => call.request.header(header));
  if (xml !== "") {
    const location = textOf(expectRoot(xml, "CreateBucketConfiguration"), "LocationConstraint");
    if (location && location !== call.service.region) {
      throw new S3Error("InvalidLocationConstraint", undefined, { LocationConstraint: location });
    }
  }
  if (call.header("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true") throw new S3Error("NotImplemented");
  if (call.store.buckets.all().length >= MAX_BUCKETS) throw new S3Error("TooManyBuckets");
  const ownership = requestedOwnership(call.header("x-amz-object-ownership"));
  const owners = { owner: call.caller, bucketOwner: call.caller };
  const asked = aclOfHeaders((header) => call.header(header), "bucket", owners);
  const acl = asked === "private" ? undefined : asked;
  if (acl !== undefined && (ownership ?? "BucketOwnerEnforced") === "BucketOwnerEnforced")
    throw new S3Error("InvalidBucketAclWithObjectOwnership");
  await call.store.buckets.create({ name, owner: call.caller, ...(ownership && { ownership }), ...(acl && { acl }) });
  return { status: 200, headers: { location: `/${name}`, "content-length": "0" } };
}

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html, "Permissions" */
function authorizeCreation(call: Call, name: string): void {
  const actions = [
    "s3:CreateBucket",
    ...(call.request.headerNames().some((one) => /^x-amz-(acl$|grant-)/.test(one)) ? ["s3:PutBucketAcl"] : []),
    ...(call.header("x-amz-object-ownership") === undefined ? [] : ["s3:PutBucketOwnershipControls"]),
  ];
  const { identity } = call.auth;
  for (const action of actions) authorizeService({ request: call.request, identity, action }, `arn:aws:s3:::${name}`);
}

function requestedOwnership(header: string | undefined): Ownership | undefined {
  if (header === undefined || isOwnership(header)) return header;
  throw new S3Error("InvalidArgument", "Invalid x-amz-object-ownership header");
}

export async function headBucket(call: Call): Promise<Reply> {
  call.authorizeBucket("s3:ListBucket");
  return { ...emptyOk, headers: { ...emptyOk.headers, "x-amz-bucket-region": call.service.region } };
}

export async function getBucketLocation(call: Call): Promise<Reply> {
  call.authorizeBucket("s3:GetBucketLocation");
  const { region } = call.service;
  const place = region === "us-east-1" ? "" : region; // S3 omits its first region
  return xmlReply(xmlDocument("LocationConstraint", place));
}

export async function deleteBucket(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:DeleteBucket");
  await call.store.buckets.remove(bucket);
  return noContent;
}
