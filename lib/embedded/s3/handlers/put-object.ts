import { aclsDisabled, checkAclAllowed, checkCanned } from "../access/acl";
import { checksumDemand, contentMd5 } from "../body/checksum";
import { receive } from "../body/receive";
import type { Call, Reply } from "../call";
import { S3Error } from "../errors";
import { objectHeaders } from "../object-headers";
import { objectKey } from "../store/keys";
import { checkWriteConditions } from "../store/objects";
import { parseTagHeader } from "../tags";
import { writeConditions } from "./conditional";
import { writtenHeaders } from "./get-object";

/** S3's limit for one PUT or one part. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

export async function putObject(call: Call): Promise<Reply> {
  const { bucket, key, store } = call;
  call.authorizeObject("s3:PutObject");
  const conditions = writeConditions((name) => call.header(name));
  const { headers, metadata } = objectHeaders(call.request.headerNames(), (name) => call.header(name));
  const tags = parseTagHeader(call.header("x-amz-tagging"));
  if (tags) call.authorizeObject("s3:PutObjectTagging");
  const acl = requestedAcl(call);
  const field = (name: string) => call.request.header(name);
  const expectations = { md5: contentMd5(field("content-md5")), checksum: requireAnnounced(call) };
  // Checked again in the transaction; here it spares the sender of a large body the way.
  checkWriteConditions(store.database.heads.get(objectKey(bucket.id, key)), conditions);
  const payload = call.openBody();
  if (payload.sizeBytes > MAX_PUT_BYTES)
    throw new S3Error("EntityTooLarge", undefined, { MaxSizeAllowed: String(MAX_PUT_BYTES) });
  const body = await receive(
    payload,
    { ...expectations, maxBytes: MAX_PUT_BYTES, exactBytes: payload.sizeBytes },
    store.staging,
  );
  const draft = {
    sizeBytes: body.sizeBytes,
    etag: body.md5,
    owner: aclsDisabled(bucket) ? bucket.owner : call.caller,
    headers,
    metadata,
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(body.checksum && { checksum: body.checksum }),
  };
  try {
    const record = await store.objects.put({ bucket, key }, draft, () => body.data.place(), conditions);
    return { status: 200, headers: { ...writtenHeaders(bucket, record), "content-length": "0" } };
  } catch (error) {
    await body.data.discard();
    throw error;
  }
}

/** `x-amz-acl` of a write, if the bucket takes it and the caller may set it. */
export function requestedAcl(call: Call): string | undefined {
  const acl = checkCanned(call.header("x-amz-acl"));
  checkAclAllowed(call.bucket, acl);
  if (acl !== undefined && acl !== "private" && call.request.key !== undefined) call.authorizeObject("s3:PutObjectAcl");
  return acl;
}

/** @throws S3Error InvalidRequest when an algorithm was announced and no checksum sent */
export function requireAnnounced(call: Call): ReturnType<typeof checksumDemand> {
  const demand = checksumDemand((name) => call.request.header(name));
  if (!demand && call.header("x-amz-sdk-checksum-algorithm") !== undefined) {
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  return demand;
}
