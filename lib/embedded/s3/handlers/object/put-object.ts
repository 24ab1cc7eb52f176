import { aclOfHeaders, checkAclAllowed, objectOwner } from "../../access/acl";
import { ownerName } from "../../auth/users";
import type { Payload } from "../../body/payload";
import { receive } from "../../body/receive";
import type { Call, Reply } from "../../call/call";
import { checksumDemand, contentMd5 } from "../../hashing/checksum";
import { objectHeaders } from "../../metadata/object-headers";
import { parseTagHeader } from "../../metadata/tags";
import { S3Error } from "../../protocol/errors";
import type { Acl } from "../../store/database/records";
import { writeConditions } from "./conditional";
import { writtenHeaders } from "./get-object";

/** S3's limit for one PUT or one part. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

export async function putObject(call: Call): Promise<Reply> {
  const { bucket, key, store } = call;
  call.authorizeObject("s3:PutObject");
  refuseVersion(call);
  const conditions = writeConditions((name) => call.header(name));
  const { headers, metadata } = objectHeaders(call.request.headerNames(), (name) => call.header(name));
  const tags = parseTagHeader(call.header("x-amz-tagging"));
  if (tags) call.authorizeObject("s3:PutObjectTagging");
  const acl = requestedAcl(call);
  const field = (name: string) => call.request.header(name);
  const expectations = { md5: contentMd5(field("content-md5")), checksum: requireChecksum(call) };
  // Checked again in the transaction, as is what the caller may replace; here it refuses a large body before it is sent.
  store.objects.checkConditions(bucket, key, conditions);
  const payload = openSized(call);
  const body = await receive(
    payload,
    { ...expectations, maxBytes: MAX_PUT_BYTES, exactBytes: payload.sizeBytes },
    store,
  );
  const draft = {
    sizeBytes: body.sizeBytes,
    etag: body.md5,
    owner: objectOwner(bucket, ownerName(call.auth.identity), acl),
    headers,
    metadata,
    ...(tags && { tags }),
    ...(acl && { acl }),
    checksum: body.checksum,
  };
  const { authorizeAgain: authorize } = call;
  const write = { bucket, key, draft, authorize, conditions, publish: call.publish("ObjectCreated:Put") };
  const record = await store.objects.put(write, body.data);
  return { status: 200, headers: { ...writtenHeaders(bucket, key, record), "content-length": "0" } };
}

/** Rejects a version id, which a write cannot choose, and a part number without an upload id. @throws S3Error InvalidArgument */
export function refuseVersion(call: Call): void {
  if (call.query("versionId") !== undefined)
    throw new S3Error("InvalidArgument", "This operation does not accept a version-id.");
  if (call.query("partNumber") !== undefined) throw new S3Error("InvalidArgument", "A part number needs an upload id.");
}

/** The body of an upload, whose size must be declared. @throws S3Error MissingContentLength, EntityTooLarge */
export function openSized(call: Call): Payload {
  if (call.header("content-length") === undefined && call.header("transfer-encoding") === undefined)
    throw new S3Error("MissingContentLength");
  const payload = call.openBody();
  if (payload.sizeBytes > MAX_PUT_BYTES)
    throw new S3Error("EntityTooLarge", undefined, { MaxSizeAllowed: String(MAX_PUT_BYTES) });
  return payload;
}

/** The ACL in the headers of a write. @throws S3Error AccessDenied, AccessControlListNotSupported, InvalidArgument */
export function requestedAcl(call: Call): Acl | undefined {
  const { bucket } = call;
  const owner = ownerName(call.auth.identity) ?? bucket.owner;
  const scope = { owner, bucketOwner: bucket.owner, users: call.service.users };
  const acl = aclOfHeaders((name) => call.header(name), "object", scope);
  checkAclAllowed(bucket, acl);
  if (acl !== undefined && acl !== "private") call.authorizeObject("s3:PutObjectAcl");
  return acl;
}

/** The declared checksum of a body. @throws S3Error InvalidRequest when `x-amz-sdk-checksum-algorithm` names an algorithm and no checksum was sent */
export function requireChecksum(call: Call): ReturnType<typeof checksumDemand> {
  const demand = checksumDemand((name) => call.request.header(name));
  if (!demand && call.header("x-amz-sdk-checksum-algorithm") !== undefined) {
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  return demand;
}
