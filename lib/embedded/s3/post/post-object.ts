import { aclOfHeaders, checkAclAllowed, objectOwner } from "../access/acl";
import { authorize, authorizeReplacing } from "../access/authorize";
import { type Identity, ownerName } from "../auth/users";
import { type Deadline, formDeadline, until } from "../body/deadline";
import { receive } from "../body/receive";
import type { Reply, Service } from "../call/call";
import { writtenHeaders } from "../handlers/object/get-object";
import { MAX_PUT_BYTES } from "../handlers/object/put-object";
import { checksumDemand, contentMd5 } from "../hashing/checksum";
import { objectHeaders } from "../metadata/object-headers";
import { parseTagging } from "../metadata/tags";
import { publishTo } from "../notifications/publish";
import { assertKey } from "../protocol/address";
import { S3Error } from "../protocol/errors";
import type { Incoming } from "../protocol/incoming";
import { leaf, xmlDocument } from "../protocol/xml-write";
import type { BucketRecord, ObjectRecord } from "../store/database/records";
import { formBoundary, readForm } from "./form";
import { checkPostPolicy, parsePostPolicy, type SizeBounds } from "./policy";
import { verifyForm } from "./signature";

/**
 * POST Object: an upload from an HTML form. The policy is enforced before the first byte of the file is taken.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export async function postObject(service: Service, request: Incoming, body: AsyncIterable<Buffer>): Promise<Reply> {
  const bucket = service.store.buckets.find(request.bucket ?? "");
  if (!bucket) throw new S3Error("NoSuchBucket", undefined, { BucketName: request.bucket ?? "" });
  const form = await readForm(body, formBoundary(request.header("content-type")));
  const fields = expandFilename(form.fields, form.filename);
  const key = fields.get("key");
  if (key === undefined)
    throw new S3Error(
      "InvalidArgument",
      "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields.",
    );
  if (key === "") throw new S3Error("InvalidArgument", "User key must have a length greater than 0.");
  assertKey(key);
  const { identity, bounds, deadline } = admit(service, request, bucket, fields);
  const { draft, expectations } = describeUpload(service, bucket, identity, fields);
  const asked = asConditionsSee(request, fields, draft);
  const payloadHash = "UNSIGNED-PAYLOAD";
  const replaced = () => service.store.objects.find(bucket, key);
  const questions = requiredActions(draft).map((action) => {
    return { request: asked, identity, bucket, action, key, payloadHash, replaced };
  });
  questions.forEach(authorize);
  const limits = {
    minBytes: bounds.minBytes,
    maxBytes: Math.min(bounds.maxBytes, MAX_PUT_BYTES),
    likelyBytes: Number(request.header("content-length") ?? 0),
  };
  const payload = { chunks: until(deadline, form.chunks), sha256: undefined, trailers: new Map<string, string>() };
  const received = await receive(payload, { ...expectations, ...limits }, service.store);
  const { sizeBytes, md5: etag, checksum } = received;
  const publish = publishTo(service, { request, identity }, key, "ObjectCreated:Post");
  const again = authorizeReplacing(...questions);
  const write = { bucket, key, draft: { ...draft, sizeBytes, etag, checksum }, authorize: again, publish };
  const record = await service.store.objects.put(write, received.data);
  return success(request, bucket, key, record, fields);
}

/** Checks signature and policy; a form without either is from an anonymous caller. */
function admit(
  service: Service,
  request: Incoming,
  bucket: BucketRecord,
  fields: Map<string, string>,
): { identity: Identity; bounds: SizeBounds; deadline?: Deadline } {
  const claimed = fields.get("bucket");
  if (claimed !== undefined && claimed !== bucket.name)
    throw new S3Error("AccessDenied", "The form's bucket is not the one it was sent to.");
  const policy = fields.get("policy");
  if (policy === undefined) {
    const signed = ["x-amz-signature", "x-amz-credential", "awsaccesskeyid"].some((name) => fields.has(name));
    if (signed)
      throw new S3Error("InvalidArgument", "Bucket POST must contain a field named 'policy'.", {
        ArgumentName: "policy",
      });
    return { identity: { kind: "anonymous" }, bounds: { minBytes: 0, maxBytes: Number.POSITIVE_INFINITY } };
  }
  const identity = verifyForm(fields, service, request.receivedAt);
  const held = new Map(fields).set("bucket", bucket.name);
  const parsed = parsePostPolicy(policy);
  const bounds = checkPostPolicy(parsed, held, request.receivedAt);
  return { identity, bounds, deadline: formDeadline(identity, parsed.expiresAt) };
}

type Draft = ReturnType<typeof describeUpload>["draft"];

/** The request as policy conditions see it: the fields of a form replace the headers of a PUT, and its own headers are ignored. */
function asConditionsSee(request: Incoming, fields: ReadonlyMap<string, string>, { acl, tags }: Draft): Incoming {
  const header = (name: string) => {
    if (name === "x-amz-acl") return typeof acl === "string" ? acl : undefined; // grants are in fields of their own
    if (name === "x-amz-tagging") return tags && new URLSearchParams(tags).toString();
    return name.startsWith("x-amz-") ? fields.get(name) : request.header(name);
  };
  return { ...request, header };
}

/** Tags and a canned ACL need permissions of their own, as in a PUT. */
function requiredActions({ acl, tags }: Draft): string[] {
  return [
    "s3:PutObject",
    ...(tags ? ["s3:PutObjectTagging"] : []),
    ...(acl !== undefined && acl !== "private" ? ["s3:PutObjectAcl"] : []),
  ];
}

/** Reads the fields that describe the object. */
function describeUpload(
  { users }: Service,
  bucket: BucketRecord,
  identity: Identity,
  fields: ReadonlyMap<string, string>,
) {
  const field = (name: string) => fields.get(name);
  const { headers, metadata } = objectHeaders([...fields.keys()], field);
  const aclField = (name: string) => (name === "x-amz-acl" ? (field("acl") ?? field(name)) : field(name));
  const writer = ownerName(identity);
  const acl = aclOfHeaders(aclField, "object", {
    owner: writer ?? bucket.owner,
    bucketOwner: bucket.owner,
    users,
  });
  checkAclAllowed(bucket, acl);
  const tagging = field("tagging");
  const tags = tagging ? parseTagging(tagging) : undefined;
  const owner = objectOwner(bucket, writer, acl);
  const draft = { headers, metadata, owner, ...(acl && { acl }), ...(tags && { tags }) };
  return { draft, expectations: { md5: contentMd5(field("content-md5")), checksum: checksumDemand(field) } };
}

const FILENAME = "$" + "{filename}";

/** Replaces `${filename}` in every field by the file's name without folders, before the policy is checked. */
export function expandFilename(fields: ReadonlyMap<string, string>, filename: string): Map<string, string> {
  const base = filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
  const literal = new Set(["policy", "x-amz-signature"]);
  return new Map(
    [...fields].map(([name, value]) => [name, literal.has(name) ? value : value.split(FILENAME).join(base)]),
  );
}

function success(
  request: Incoming,
  bucket: BucketRecord,
  key: string,
  record: ObjectRecord,
  fields: ReadonlyMap<string, string>,
): Reply {
  const path = key.split("/").map(encodeURIComponent).join("/");
  const location = `http://${request.header("host") ?? ""}/${bucket.name}/${path}`;
  const headers = { ...writtenHeaders(bucket, key, record), location };
  const redirect = redirectTarget(fields.get("success_action_redirect") ?? fields.get("redirect"));
  if (redirect) {
    for (const [name, value] of [
      ["bucket", bucket.name],
      ["key", key],
      ["etag", `"${record.etag}"`],
    ] as const) {
      redirect.searchParams.append(name, value);
    }
    return { status: 303, headers: { ...headers, location: redirect.href, "content-length": "0" } };
  }
  const status = fields.get("success_action_status");
  if (status === "200") return { status: 200, headers: { ...headers, "content-length": "0" } };
  if (status !== "201") return { status: 204, headers };
  const body = [
    leaf("Location", location),
    leaf("Bucket", bucket.name),
    leaf("Key", key),
    leaf("ETag", `"${record.etag}"`),
  ];
  return {
    status: 201,
    headers: { ...headers, "content-type": "application/xml" },
    body: xmlDocument("PostResponse", ...body),
  };
}

/** The URL to redirect to; text that is not an http(s) URL is ignored, as by S3. */
function redirectTarget(text: string | undefined): URL | undefined {
  const url = text && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}
