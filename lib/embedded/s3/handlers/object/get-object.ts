import type { Call, Reply } from "../../call/call";
import { checksumHeader, checksumType } from "../../hashing/checksum";
import { expirationHeader } from "../../lifecycle/headers";
import { printable, recordHeaders, wireValue } from "../../metadata/object-headers";
import { S3Error } from "../../protocol/errors";
import { isId } from "../../store/database/ids";
import type { BucketRecord, ByteRange, ObjectRecord } from "../../store/database/records";
import type { ObjectPart } from "../../store/versions/object-parts";
import { VanishedError } from "../../store/versions/reading";
import { checkReadConditions, rangeApplies } from "./conditional";
import { parseRange } from "./range";

const overrides = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
];

export async function getObject(call: Call): Promise<Reply> {
  for (let attempt = 0; ; attempt++) {
    const { record, range, headers } = prepare(call);
    try {
      return { status: range ? 206 : 200, headers, body: await call.store.reader.open(record, range) };
    } catch (error) {
      // Overwritten after its record was found: the newer version is the answer.
      if (!(error instanceof VanishedError) || attempt >= 5) throw error;
    }
  }
}

export async function headObject(call: Call): Promise<Reply> {
  const { range, headers } = prepare(call);
  return { status: range ? 206 : 200, headers };
}

function prepare(call: Call): { record: ObjectRecord; range: ByteRange | undefined; headers: Record<string, string> } {
  const { bucket } = call;
  const record = findReadable(call, "s3:GetObject");
  checkReadConditions(record, (name) => call.header(name));
  const part = requestedPart(call, record);
  const wanted = rangeApplies(record, (name) => call.header(name)) ? call.header("range") : undefined;
  const range = part ? part.range : parseRange(wanted, record.sizeBytes);
  const wantsChecksum = call.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const headers = {
    ...recordHeaders(record, bucket.versioning !== undefined, wantsChecksum && !range),
    ...(wantsChecksum && part && partHeaders(part, record)),
    ...(isCurrent(call, record) && expirationHeader(bucket, call.key, record)),
    ...overriding(call),
  };
  if (part && record.partCount) headers["x-amz-mp-parts-count"] = String(record.partCount);
  headers["content-length"] = String(range ? range.end - range.start + 1 : record.sizeBytes);
  if (range) headers["content-range"] = `bytes ${range.start}-${range.end}/${record.sizeBytes}`;
  return { record, range, headers };
}

/** The header is about rules for current versions only. */
function isCurrent(call: Call, record: ObjectRecord): boolean {
  const { bucket, key } = call;
  if (bucket.lifecycle === undefined) return false;
  return call.query("versionId") === undefined || call.store.objects.find(bucket, key)?.order === record.order;
}

/**
 * The version a request is about, if its caller may read it. A delete marker is a 404 (or 405 when asked for by its id).
 * A caller who may not list the bucket gets AccessDenied for a missing key.
 * @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed, AccessDenied
 */
export function findReadable(
  call: Call,
  action: "s3:GetObject" | "s3:GetObjectTagging" | "s3:GetObjectAttributes" | "s3:GetObjectAcl",
): ObjectRecord {
  const { bucket, key } = call;
  const versionId = requestedVersion(call);
  const record = call.store.objects.find(bucket, key, versionId);
  const versioned = versionId === undefined ? action : action.replace(/^(s3:GetObject)/, "$1Version");
  call.authorizeVersion(versioned, record);
  if (record && !record.isDeleteMarker) return record;
  const marker = record && { "x-amz-delete-marker": "true", "x-amz-version-id": record.versionId };
  if (versionId === undefined) throw new S3Error("NoSuchKey", undefined, { Key: key }, marker);
  if (!record) throw new S3Error("NoSuchVersion", undefined, { Key: key, VersionId: versionId });
  const headers = { ...marker, allow: "DELETE", "last-modified": new Date(record.modifiedAt).toUTCString() };
  throw new S3Error(
    "MethodNotAllowed",
    undefined,
    { Method: call.request.method, ResourceType: "DeleteMarker" },
    headers,
  );
}

/** `versionId` of the query. @throws S3Error InvalidArgument when it is malformed */
export function requestedVersion(call: Call): string | undefined {
  const versionId = call.query("versionId");
  if (versionId !== undefined && versionId !== "null" && !isId(versionId)) {
    const details = { ArgumentName: "versionId", ArgumentValue: versionId };
    throw new S3Error("InvalidArgument", "Invalid version id specified", details);
  }
  return versionId;
}

/** Headers from `response-*` of the query, for signed requests only. @throws S3Error InvalidRequest without a signature */
function overriding(call: Call): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of overrides) {
    const value = call.query(`response-${name}`);
    if (value === undefined) continue;
    if (call.auth.identity.kind === "anonymous") {
      throw new S3Error(
        "InvalidRequest",
        "Request specific response headers cannot be used for anonymous GET requests.",
      );
    }
    out[name] = wireValue(printable(name, value));
  }
  return out;
}

/** `partNumber` of the query: the bytes of one part, as it was uploaded. */
function requestedPart(call: Call, record: ObjectRecord): ObjectPart | undefined {
  const asked = call.query("partNumber");
  if (asked === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(asked))
    throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  if (call.header("range") !== undefined)
    throw new S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
  const part = call.store.objects.part(record, Number(asked));
  if (!part || (!part.range && record.sizeBytes > 0))
    throw new S3Error("InvalidRange", "The requested partnumber is not satisfiable");
  return part;
}

/** The checksum of the part that is sent, not of the object: clients check the received bytes against it. */
function partHeaders({ checksum }: ObjectPart, record: ObjectRecord): Record<string, string> {
  if (!checksum) return {};
  const type = record.checksum ? checksumType(record.checksum) : "FULL_OBJECT";
  return { [checksumHeader(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": type };
}

/** Headers every answer to a successful write carries. */
export function writtenHeaders(bucket: BucketRecord, key: string, record: ObjectRecord): Record<string, string> {
  return {
    etag: `"${record.etag}"`,
    ...(bucket.versioning && { "x-amz-version-id": record.versionId }),
    ...(record.checksum && {
      [checksumHeader(record.checksum.algorithm)]: record.checksum.value,
      "x-amz-checksum-type": checksumType(record.checksum),
    }),
    ...expirationHeader(bucket, key, record),
  };
}
