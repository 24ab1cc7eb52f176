import { aclsDisabled } from "../access/acl";
import { authorize } from "../access/authorize";
import { assertKey } from "../address";
import { isChecksumAlgorithm } from "../body/checksum";
import { receive } from "../body/receive";
import type { Call, Reply } from "../call";
import { xmlReply } from "../call";
import { S3Error } from "../errors";
import { objectHeaders } from "../object-headers";
import { isId } from "../store/ids";
import type { BucketRecord, ObjectDraft, ObjectRecord } from "../store/records";
import { parseTagHeader } from "../tags";
import { leaf, xmlDocument } from "../xml-write";
import { checkReadConditions, writeConditions } from "./conditional";
import { partTarget } from "./multipart";
import { MAX_PUT_BYTES, requestedAcl } from "./put-object";

interface Source {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly record: ObjectRecord;
}

/** CopyObject: large bytes are shared, not copied, whatever the buckets. */
export async function copyObject(call: Call): Promise<Reply> {
  const { bucket, key, store } = call;
  call.authorizeObject("s3:PutObject");
  const source = findSource(call);
  if (source.record.sizeBytes > MAX_PUT_BYTES) {
    throw new S3Error(
      "InvalidRequest",
      "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120",
    );
  }
  const draft = copiedDraft(call, source);
  const record = await store.objects.put(
    { bucket, key },
    draft,
    () => store.objects.share(source.record),
    writeConditions((name) => call.header(name)),
  );
  const headers = {
    ...(bucket.versioning && { "x-amz-version-id": record.versionId }),
    ...(source.bucket.versioning && { "x-amz-copy-source-version-id": source.record.versionId }),
  };
  const checksum = record.checksum ? leaf(`Checksum${record.checksum.algorithm}`, record.checksum.value) : "";
  return xmlReply(xmlDocument("CopyObjectResult", ...result(record), checksum), headers);
}

function copiedDraft(call: Call, source: Source): ObjectDraft {
  const { record } = source;
  const replace = directive(call, "x-amz-metadata-directive");
  const replaceTags = directive(call, "x-amz-tagging-directive");
  const given = objectHeaders(call.request.headerNames(), (name) => call.header(name));
  const sameObject = source.bucket.id === call.bucket.id && source.key === call.key;
  if (
    sameObject &&
    !replace &&
    !replaceTags &&
    call.query("versionId") === undefined &&
    !/versionId=/.test(call.header("x-amz-copy-source") ?? "")
  ) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const wanted = call.header("x-amz-checksum-algorithm")?.toUpperCase();
  if (wanted !== undefined && !isChecksumAlgorithm(wanted))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  if (wanted !== undefined && wanted !== record.checksum?.algorithm) {
    throw new S3Error(
      "NotImplemented",
      "A copy keeps its source's checksum; computing another one is not implemented.",
    );
  }
  const tags = replaceTags ? parseTagHeader(call.header("x-amz-tagging")) : record.tags;
  if (tags && Object.keys(tags).length > 0) authorizeTags(call, replaceTags ? undefined : source);
  const acl = requestedAcl(call);
  return {
    sizeBytes: record.sizeBytes,
    etag: record.etag,
    owner: aclsDisabled(call.bucket) ? call.bucket.owner : call.caller,
    headers: replace ? given.headers : record.headers,
    metadata: replace ? given.metadata : record.metadata,
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(record.checksum && { checksum: record.checksum }),
    ...(record.partCount && { partCount: record.partCount }),
  };
}

/** Tags are read and written by permissions of their own. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
function authorizeTags(call: Call, source: Source | undefined): void {
  const ofVersion = /versionId=/.test(call.header("x-amz-copy-source") ?? "");
  if (source) authorize(call.question(ofVersion ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging", source));
  call.authorizeObject("s3:PutObjectTagging");
}

/** `true` for REPLACE. @throws S3Error InvalidArgument */
function directive(call: Call, name: string): boolean {
  const value = call.header(name);
  if (value !== undefined && value !== "COPY" && value !== "REPLACE")
    throw new S3Error("InvalidArgument", `Unknown ${name}.`);
  return value === "REPLACE";
}

export async function uploadPartCopy(call: Call): Promise<Reply> {
  const { store } = call;
  call.authorizeObject("s3:PutObject");
  const target = partTarget(call);
  const { record, bucket } = findSource(call);
  const range = copyRange(call.header("x-amz-copy-source-range"), record.sizeBytes);
  const sizeBytes = range.end - range.start + 1;
  if (sizeBytes > MAX_PUT_BYTES) throw new S3Error("EntityTooLarge");
  const content =
    record.data && sizeBytes > 0
      ? await store.reader.open(record.data, record.sizeBytes, range.start, range.end)
      : Buffer.alloc(0);
  const chunks = Buffer.isBuffer(content) ? once(content) : content;
  const body = await receive(
    { chunks, sha256: undefined, trailers: new Map() },
    { md5: undefined, checksum: undefined, maxBytes: MAX_PUT_BYTES },
    store.staging,
  );
  try {
    const draft = { number: target.number, sizeBytes: body.sizeBytes, etag: body.md5 };
    const part = await store.uploads.putPart(target, draft, () => body.data.place());
    const headers = bucket.versioning ? { "x-amz-copy-source-version-id": record.versionId } : {};
    return xmlReply(xmlDocument("CopyPartResult", ...result(part)), headers);
  } catch (error) {
    await body.data.discard();
    throw error;
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield bytes;
}

function copyRange(header: string | undefined, sizeBytes: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: sizeBytes - 1 };
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  const [start, end] = [Number(from), Number(to)];
  if (from === undefined || end < start) {
    throw new S3Error(
      "InvalidArgument",
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
    );
  }
  if (end >= sizeBytes)
    throw new S3Error("InvalidArgument", `Range specified is not valid for source object of size: ${sizeBytes}`);
  return { start, end };
}

/** `bucket/key` or `/bucket/key`, percent-encoded, with `?versionId=`. @throws S3Error InvalidArgument, NoSuchKey, … */
function findSource(call: Call): Source {
  const header = call.header("x-amz-copy-source") ?? "";
  const [, encoded = "", versionId] = /^\/?(.*?)(?:\?versionId=([^?]*))?$/s.exec(header) ?? [];
  const path = decodeSource(encoded);
  const slash = path.indexOf("/");
  const [name, key] = [path.slice(0, slash), path.slice(slash + 1)];
  if (slash < 1 || key === "" || (versionId !== undefined && versionId !== "null" && !isId(versionId)))
    throw badSource();
  assertKey(key);
  const bucket = call.store.buckets.find(name);
  if (!bucket) throw new S3Error("NoSuchBucket", undefined, { BucketName: name });
  const record = call.store.objects.find(bucket, key, versionId);
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  authorize(call.question(action, { bucket, key, record }));
  if (!record) throw new S3Error(versionId === undefined ? "NoSuchKey" : "NoSuchVersion", undefined, { Key: key });
  if (record.isDeleteMarker) {
    if (versionId === undefined) throw new S3Error("NoSuchKey", undefined, { Key: key });
    throw new S3Error(
      "InvalidRequest",
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  }
  checkReadConditions(record, (field) => call.header(field), "x-amz-copy-source-");
  return { bucket, key, record };
}

function decodeSource(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", "%20"));
  } catch {
    throw badSource();
  }
}

function badSource(): S3Error {
  return new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", {
    ArgumentName: "x-amz-copy-source",
  });
}

function result(made: { modifiedAt: number; etag: string }): string[] {
  return [leaf("LastModified", new Date(made.modifiedAt).toISOString()), leaf("ETag", `"${made.etag}"`)];
}
