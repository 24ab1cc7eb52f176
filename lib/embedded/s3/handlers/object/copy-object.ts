import { objectOwner } from "../../access/acl";
import { authorize } from "../../access/authorize";
import { ownerName } from "../../auth/users";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import {
  type Checksum,
  checksumType,
  DEFAULT_CHECKSUM,
  isChecksumAlgorithm,
  runningChecksum,
} from "../../hashing/checksum";
import { expirationHeader } from "../../lifecycle/headers";
import { objectHeaders } from "../../metadata/object-headers";
import { parseTagHeader } from "../../metadata/tags";
import { S3Error } from "../../protocol/errors";
import { leaf, xmlDocument } from "../../protocol/xml-write";
import type { HeaderMap, ObjectDraft, ObjectRecord } from "../../store/database/records";
import { writeConditions } from "./conditional";
import { type Source, sourceVersion, withSource } from "./copy-source";
import { MAX_PUT_BYTES, refuseVersion, requestedAcl } from "./put-object";

/**
 * CopyObject: large bytes are shared, not copied, also between buckets. The answer begins when the copy is durable.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export async function copyObject(call: Call): Promise<Reply> {
  const { bucket, key, store } = call;
  const replaceTags = directive(call, "x-amz-tagging-directive");
  call.authorizeObject("s3:PutObject", undefined, replaceTags ? undefined : []);
  refuseVersion(call);
  const conditions = writeConditions((name) => call.header(name));
  const { source, record } = await withSource(call, async (source) => {
    if (source.record.sizeBytes > MAX_PUT_BYTES) {
      throw new S3Error(
        "InvalidRequest",
        `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
      );
    }
    const draft = copiedDraft(call, source, replaceTags);
    store.objects.checkConditions(bucket, key, conditions);
    const full = { ...draft, checksum: await copiedChecksum(call, source.record) };
    const { authorizeAgain: authorize } = call;
    const write = { bucket, key, draft: full, authorize, conditions, publish: call.publish("ObjectCreated:Copy") };
    return { source, record: await store.objects.copy(write, source.record) };
  });
  const { checksum } = record;
  return xmlReply(
    xmlDocument(
      "CopyObjectResult",
      leaf("LastModified", new Date(record.modifiedAt).toISOString()),
      leaf("ETag", `"${record.etag}"`),
      checksum
        ? leaf(`Checksum${checksum.algorithm}`, checksum.value) + leaf("ChecksumType", checksumType(checksum))
        : "",
    ),
    {
      ...(bucket.versioning && { "x-amz-version-id": record.versionId }),
      ...sourceVersion(source),
      ...expirationHeader(bucket, key, record),
    },
  );
}

function copiedDraft(call: Call, source: Source, replaceTags: boolean): ObjectDraft {
  const { record } = source;
  const replace = directive(call, "x-amz-metadata-directive");
  const given = objectHeaders(call.request.headerNames(), (name) => call.header(name));
  const sameObject = source.bucket.id === call.bucket.id && source.key === call.key;
  if (sameObject && !replace && !replaceTags && source.versionId === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const tags = replaceTags ? parseTagHeader(call.header("x-amz-tagging")) : record.tags;
  if (tags && Object.keys(tags).length > 0) authorizeTags(call, tags, replaceTags ? undefined : source);
  const acl = requestedAcl(call);
  return {
    sizeBytes: record.sizeBytes,
    etag: record.etag,
    owner: objectOwner(call.bucket, ownerName(call.auth.identity), acl),
    headers: replace ? given.headers : record.headers,
    metadata: replace ? given.metadata : record.metadata,
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(record.partCount && { partCount: record.partCount }),
  };
}

/** Reading and writing tags needs permissions of their own. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
function authorizeTags(call: Call, tags: HeaderMap, source: Source | undefined): void {
  const action = source?.versionId === undefined ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging";
  if (source) authorize(call.question(action, source));
  call.authorizeObject("s3:PutObjectTagging", undefined, Object.entries(tags));
}

/** `true` for REPLACE. @throws S3Error InvalidArgument */
function directive(call: Call, name: string): boolean {
  const value = call.header(name);
  if (value !== undefined && value !== "COPY" && value !== "REPLACE")
    throw new S3Error("InvalidArgument", `Unknown ${name}.`);
  return value === "REPLACE";
}

/** The source's checksum, or, when the request names another algorithm, one computed from the bytes. */
async function copiedChecksum(call: Call, record: ObjectRecord): Promise<Checksum> {
  const wanted = call.header("x-amz-checksum-algorithm")?.toUpperCase();
  if (wanted !== undefined && !isChecksumAlgorithm(wanted))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  if (record.checksum && (wanted === undefined || wanted === record.checksum.algorithm)) return record.checksum;
  const algorithm = wanted ?? DEFAULT_CHECKSUM;
  const running = runningChecksum(algorithm);
  const content = await call.store.reader.open(record);
  if (Buffer.isBuffer(content)) running.update(content);
  else for await (const chunk of content) running.update(chunk);
  return { algorithm, value: running.digest() };
}
