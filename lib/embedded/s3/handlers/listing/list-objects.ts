import { uriEncode } from "../../auth/sigv4";
import { canonicalId } from "../../auth/users";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import { assertKey } from "../../protocol/address";
import { S3Error } from "../../protocol/errors";
import { leaf, tag, xmlDocument } from "../../protocol/xml-write";
import { orderOf } from "../../store/database/ids";
import type { Listed, ObjectEntry, VersionEntry } from "../../store/versions/listing";
import { readToken, writeToken } from "./page-token";

const MAX_KEYS = 1000;

interface ListParameters {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  /** Encodes keys when the client requested it. */
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
  const [prefix, delimiter] = [requestedMarker(call, "prefix") ?? "", call.query("delimiter") ?? ""];
  return { prefix, delimiter, limit: Math.min(Number(limit), MAX_KEYS), encode, encoding };
}

/** A prefix, or a key after which the page starts. @throws S3Error KeyTooLongError, InvalidURI for a NUL */
export function requestedMarker(call: Call, name: string): string | undefined {
  const marker = call.query(name);
  if (marker !== undefined) assertKey(marker);
  return marker;
}

export async function listObjectsV2(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucket");
  const { encode, encoding, ...query } = listParameters(call);
  const token = call.query("continuation-token");
  const startAfter = requestedMarker(call, "start-after");
  const after = token === undefined ? (startAfter ?? "") : readToken(token);
  const page = call.store.objects.list(bucket, { ...query, after });
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
      page.isTruncated && page.last !== undefined ? leaf("NextContinuationToken", writeToken(page.last)) : "",
      leaf("StartAfter", startAfter === undefined ? undefined : encode(startAfter)),
      ...contents(page, encode, withOwner),
      ...renderPrefixes(page.commonPrefixes, encode),
    ),
  );
}

export async function listObjectsV1(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucket");
  const { encode, encoding, ...query } = listParameters(call);
  const marker = requestedMarker(call, "marker") ?? "";
  const page = call.store.objects.list(bucket, { ...query, after: marker });
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
      // S3 returns it with a delimiter only; without one the last key is the marker.
      page.isTruncated && query.delimiter ? leaf("NextMarker", encode(page.last ?? "")) : "",
      ...contents(page, encode, true),
      ...renderPrefixes(page.commonPrefixes, encode),
    ),
  );
}

export async function listObjectVersions(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucketVersions");
  const { encode, encoding, ...query } = listParameters(call);
  const after = requestedMarker(call, "key-marker") ?? "";
  const versionMarker = call.query("version-id-marker");
  if (versionMarker && !after)
    throw new S3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.");
  const afterOrder = versionMarker ? markedOrder(call, after, versionMarker) : undefined;
  const page = call.store.objects.listVersions(bucket, { ...query, after, afterOrder });
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
      ...renderPrefixes(page.commonPrefixes, encode),
    ),
  );
}

/** The order of the version after which the page starts. When a null version was deleted meanwhile, the key's versions are listed again. */
function markedOrder(call: Call, key: string, versionId: string): number {
  if (versionId === "null") return call.store.objects.find(call.bucket, key, "null")?.order ?? Number.MAX_SAFE_INTEGER;
  const order = orderOf(versionId);
  if (order === undefined) throw new S3Error("InvalidArgument", "Invalid version id specified");
  return order;
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

export function renderPrefixes(prefixes: readonly string[], encode: (text: string) => string): string[] {
  return prefixes.map((prefix) => tag("CommonPrefixes", leaf("Prefix", encode(prefix))));
}

export function renderOwner(name: string): string {
  return tag("Owner", leaf("ID", canonicalId(name)), leaf("DisplayName", name));
}
