import { ownerId } from "../access/acl";
import { uriEncode } from "../auth/sigv4";
import type { Call, Reply } from "../call";
import { xmlReply } from "../call";
import { S3Error } from "../errors";
import { orderOf } from "../store/ids";
import { type Listed, listObjects, listVersions, type ObjectEntry, type VersionEntry } from "../store/listing";
import { leaf, tag, xmlDocument } from "../xml-write";

const MAX_KEYS = 1000;

interface ListParameters {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  /** Encodes keys when the client asked for it. */
  readonly encode: (text: string) => string;
  readonly encoding: string | undefined;
}

/** @throws S3Error InvalidArgument */
export function listParameters(call: Call, limitName = "max-keys"): ListParameters {
  const encoding = call.query("encoding-type");
  if (encoding !== undefined && encoding !== "url")
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  const encode =
    encoding === "url" ? (text: string) => text.split("/").map(uriEncode).join("/") : (text: string) => text;
  const limit = call.query(limitName) || String(MAX_KEYS);
  if (!/^\d{1,10}$/.test(limit) || Number(limit) > 2 ** 31 - 1) {
    throw new S3Error("InvalidArgument", `Provided ${limitName} not an integer or within integer range`);
  }
  const [prefix, delimiter] = [call.query("prefix") ?? "", call.query("delimiter") ?? ""];
  return { prefix, delimiter, limit: Math.min(Number(limit), MAX_KEYS), encode, encoding };
}

export async function listObjectsV2(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucket");
  const { encode, encoding, ...query } = listParameters(call);
  const token = call.query("continuation-token");
  const startAfter = call.query("start-after");
  const after = token === undefined ? (startAfter ?? "") : readToken(token);
  const page = listObjects(call.store.database, bucket, { ...query, after });
  const withOwner = call.query("fetch-owner") === "true";
  return xmlReply(
    xmlDocument(
      "ListBucketResult",
      leaf("Name", bucket.name),
      leaf("Prefix", encode(query.prefix)),
      query.delimiter && leaf("Delimiter", encode(query.delimiter)),
      leaf("MaxKeys", query.limit),
      leaf("EncodingType", encoding),
      leaf("KeyCount", page.entries.length + page.commonPrefixes.length),
      leaf("IsTruncated", page.isTruncated),
      leaf("ContinuationToken", token),
      page.isTruncated && page.last !== undefined
        ? leaf("NextContinuationToken", Buffer.from(page.last).toString("base64url"))
        : "",
      leaf("StartAfter", startAfter === undefined ? undefined : encode(startAfter)),
      ...contents(page, encode, withOwner),
      ...prefixes(page, encode),
    ),
  );
}

export async function listObjectsV1(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucket");
  const { encode, encoding, ...query } = listParameters(call);
  const marker = call.query("marker") ?? "";
  const page = listObjects(call.store.database, bucket, { ...query, after: marker });
  return xmlReply(
    xmlDocument(
      "ListBucketResult",
      leaf("Name", bucket.name),
      leaf("Prefix", encode(query.prefix)),
      leaf("Marker", encode(marker)),
      query.delimiter && leaf("Delimiter", encode(query.delimiter)),
      leaf("MaxKeys", query.limit),
      leaf("EncodingType", encoding),
      leaf("IsTruncated", page.isTruncated),
      // S3 gives it with a delimiter only; without one the last key is the marker.
      page.isTruncated && query.delimiter ? leaf("NextMarker", encode(page.last ?? "")) : "",
      ...contents(page, encode, true),
      ...prefixes(page, encode),
    ),
  );
}

export async function listObjectVersions(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucketVersions");
  const { encode, encoding, ...query } = listParameters(call);
  const [after, versionMarker] = [call.query("key-marker") ?? "", call.query("version-id-marker")];
  if (versionMarker && !after)
    throw new S3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.");
  const nullOrder = versionMarker === "null" ? (call.store.objects.find(bucket, after, "null")?.order ?? 0) : undefined;
  const afterOrder = versionMarker ? (nullOrder ?? orderOf(versionMarker)) : undefined;
  const page = listVersions(call.store.database, bucket, { ...query, after, afterOrder });
  const last = page.entries.at(-1);
  const lastIsVersion = last !== undefined && page.last === last.key;
  return xmlReply(
    xmlDocument(
      "ListVersionsResult",
      leaf("Name", bucket.name),
      leaf("Prefix", encode(query.prefix)),
      leaf("KeyMarker", encode(after)),
      leaf("VersionIdMarker", versionMarker ?? ""),
      page.isTruncated ? leaf("NextKeyMarker", encode(page.last ?? "")) : "",
      page.isTruncated && lastIsVersion ? leaf("NextVersionIdMarker", last.record.versionId) : "",
      query.delimiter && leaf("Delimiter", encode(query.delimiter)),
      leaf("MaxKeys", query.limit),
      leaf("EncodingType", encoding),
      leaf("IsTruncated", page.isTruncated),
      ...page.entries.map((entry) => version(entry, encode)),
      ...prefixes(page, encode),
    ),
  );
}

function contents(page: Listed<ObjectEntry>, encode: (text: string) => string, withOwner: boolean): string[] {
  return page.entries.map(({ key, record }) =>
    tag("Contents", leaf("Key", encode(key)), details(record), withOwner ? renderOwner(record.owner) : ""),
  );
}

function version({ key, record, isLatest }: VersionEntry, encode: (text: string) => string): string {
  const head = leaf("Key", encode(key)) + leaf("VersionId", record.versionId) + leaf("IsLatest", isLatest);
  if (!record.isDeleteMarker) return tag("Version", head, details(record), renderOwner(record.owner));
  return tag(
    "DeleteMarker",
    head,
    leaf("LastModified", new Date(record.modifiedAt).toISOString()),
    renderOwner(record.owner),
  );
}

function details(record: ObjectEntry["record"]): string {
  return (
    leaf("LastModified", new Date(record.modifiedAt).toISOString()) +
    `<ETag>&quot;${record.etag}&quot;</ETag>` +
    (record.checksum ? leaf("ChecksumAlgorithm", record.checksum.algorithm) : "") +
    leaf("Size", record.sizeBytes) +
    "<StorageClass>STANDARD</StorageClass>"
  );
}

function prefixes(page: Listed<ObjectEntry>, encode: (text: string) => string): string[] {
  return page.commonPrefixes.map((prefix) => tag("CommonPrefixes", leaf("Prefix", encode(prefix))));
}

export function renderOwner(name: string): string {
  return tag("Owner", leaf("ID", ownerId(name)), leaf("DisplayName", name));
}

/** Tokens hold the key to go on after. @throws S3Error InvalidArgument */
function readToken(token: string): string {
  const key = Buffer.from(token, "base64url").toString("utf8");
  if (token === "" || Buffer.from(key).toString("base64url") !== token) {
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
  }
  return key;
}
