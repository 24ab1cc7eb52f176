import { aclOfHeaders } from "../../access/acl";
import { authorizeService } from "../../access/authorize";
import { readText } from "../../body/read-text";
import type { Call, Reply } from "../../call/call";
import { emptyOk, noContent, xmlReply } from "../../call/call";
import { BUCKET_TAGS, readTags } from "../../metadata/tags";
import { isBucketName } from "../../protocol/address";
import { S3Error } from "../../protocol/errors";
import { child, childrenOf, expectRoot, textOf } from "../../protocol/xml-read";
import { xmlDocument } from "../../protocol/xml-write";
import type { HeaderMap, Ownership } from "../../store/database/records";
import { isOwnership } from "./access";

const MAX_BUCKETS = 1000;

export async function createBucket(call: Call): Promise<Reply> {
  const name = call.request.bucket ?? "";
  authorizeCreation(call, name);
  if (!isBucketName(name)) throw new S3Error("InvalidBucketName", undefined, { BucketName: name });
  const xml = await readText(call.openBody(), (header) => call.request.header(header));
  const tags = xml === "" ? undefined : requestedTags(call, xml);
  if (tags)
    authorizeService({ request: call.request, identity: call.auth.identity, action: "s3:TagResource" }, arn(name));
  if (call.header("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true") throw new S3Error("NotImplemented");
  if (call.store.buckets.all().length >= MAX_BUCKETS) throw new S3Error("TooManyBuckets");
  const ownership = requestedOwnership(call.header("x-amz-object-ownership"));
  const scope = { owner: call.caller, bucketOwner: call.caller, users: call.service.users };
  const asked = aclOfHeaders((header) => call.header(header), "bucket", scope);
  const acl = asked === "private" ? undefined : asked;
  if (acl !== undefined && (ownership ?? "BucketOwnerEnforced") === "BucketOwnerEnforced")
    throw new S3Error("InvalidBucketAclWithObjectOwnership");
  const settings = { ...(ownership && { ownership }), ...(acl && { acl }), ...(tags && { tags }) };
  await call.store.buckets.create({ name, owner: call.caller, ...settings });
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
  for (const action of actions) authorizeService({ request: call.request, identity, action }, arn(name));
}

function arn(name: string): string {
  return `arn:aws:s3:::${name}`;
}

/** Checks a CreateBucketConfiguration. @throws S3Error InvalidLocationConstraint, InvalidTag, NotImplemented, MalformedXML */
function requestedTags(call: Call, xml: string): HeaderMap | undefined {
  const root = expectRoot(xml, "CreateBucketConfiguration");
  const location = textOf(root, "LocationConstraint");
  if (location && location !== call.service.region)
    throw new S3Error("InvalidLocationConstraint", undefined, { LocationConstraint: location });
  const other = root.children.find(({ name }) => name !== "LocationConstraint" && name !== "Tags");
  if (other) throw new S3Error("NotImplemented", `${other.name} of a new bucket is not implemented.`);
  return readTags(childrenOf(child(root, "Tags"), "Tag"), BUCKET_TAGS);
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
