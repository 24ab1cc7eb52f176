import { checksumHeader, checksumType } from "../hashing/checksum";
import { S3Error } from "../protocol/errors";
import type { HeaderMap, ObjectRecord } from "../store/database/records";

/** Headers that are kept with an object and returned with it. */
const kept = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];
const META = "x-amz-meta-";
/** A token of RFC 9110, 5.6.2: the fields of a form can have other names, which no answer could return. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const MAX_METADATA_BYTES = 2048;

/** Headers that request features the store does not have; they are rejected rather than ignored. */
const refused =
  /^x-amz-(server-side-encryption|object-lock-|website-redirect-location|copy-source-server-side-encryption|write-offset-bytes|mfa$)/;

/** Storage classes of S3 that this store lacks: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
const otherStorageClasses = new Set(
  `REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE OUTPOSTS GLACIER_IR SNOW
  EXPRESS_ONEZONE FSX_OPENZFS FSX_ONTAP`.split(/\s+/),
);

/**
 * The system headers and user metadata of an upload.
 * @param names lower-case names that were sent
 * @throws S3Error NotImplemented, InvalidStorageClass, MetadataTooLarge, InvalidArgument for characters or names that no header can have
 */
export function objectHeaders(
  names: readonly string[],
  value: (name: string) => string | undefined,
): { headers: HeaderMap; metadata: HeaderMap } {
  const headers: Record<string, string> = {};
  const metadata = new Map<string, string>(); // a Map, as `__proto__` is a valid name
  let metadataBytes = 0;
  for (const name of names) {
    const text = value(name);
    if (text === undefined) continue;
    if (refused.test(name)) throw notImplemented(name);
    if (name === "x-amz-storage-class" && text !== "STANDARD") {
      throw otherStorageClasses.has(text) ? notImplemented(name) : new S3Error("InvalidStorageClass");
    }
    if (kept.includes(name)) headers[name] = printable(name, text);
    if (!name.startsWith(META)) continue;
    if (!HEADER_NAME.test(name))
      throw new S3Error("InvalidArgument", "The name is none of a header.", { ArgumentName: name });
    metadata.set(name.slice(META.length), printable(name, text));
    metadataBytes += name.length - META.length + Buffer.byteLength(text);
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error("MetadataTooLarge", undefined, {
      Size: String(metadataBytes),
      MaxSizeAllowed: String(MAX_METADATA_BYTES),
    });
  }
  headers["content-type"] ||= "binary/octet-stream";
  const encodings = (headers["content-encoding"] ?? "").split(",").map((one) => one.trim());
  const rest = encodings.filter((one) => one !== "" && one !== "aws-chunked").join(",");
  if (rest) headers["content-encoding"] = rest;
  else delete headers["content-encoding"];
  return { headers, metadata: Object.fromEntries(metadata) };
}

/** The headers of GET and HEAD; `checksums` when asked for by `x-amz-checksum-mode`. */
export function recordHeaders(record: ObjectRecord, versioned: boolean, checksums: boolean): Record<string, string> {
  const out: Record<string, string> = {
    etag: `"${record.etag}"`,
    "last-modified": new Date(record.modifiedAt).toUTCString(),
    "accept-ranges": "bytes",
  };
  for (const [name, value] of Object.entries(record.headers)) out[name] = wireValue(value);
  for (const [name, value] of Object.entries(record.metadata)) out[META + name] = encodedWord(value);
  if (versioned) out["x-amz-version-id"] = record.versionId;
  const tags = Object.keys(record.tags ?? {}).length;
  if (tags > 0) out["x-amz-tagging-count"] = String(tags);
  if (checksums && record.checksum) {
    out[checksumHeader(record.checksum.algorithm)] = record.checksum.value;
    out["x-amz-checksum-type"] = checksumType(record.checksum);
  }
  return out;
}

/** Encodes text for a header: UTF-8 bytes, which Node takes as a Latin-1 string. */
export function wireValue(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Returns user metadata beyond ASCII as an encoded word (RFC 2047), as S3 does. */
function encodedWord(text: string): string {
  return /[^\x20-\x7e]/.test(text) ? `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=` : text;
}

/** Returns a value that a header can carry. @throws S3Error InvalidArgument for control characters */
export function printable(name: string, text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    throw new S3Error("InvalidArgument", "Header values must not contain control characters.", { ArgumentName: name });
  }
  return text;
}

function notImplemented(name: string): S3Error {
  return new S3Error("NotImplemented", "A header you provided implies functionality that is not implemented.", {
    Header: name,
  });
}
