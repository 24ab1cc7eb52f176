import type { Call, Reply } from "../call/call";
import { xmlReply } from "../call/call";
import { type Checksum, checksumType } from "../hashing/checksum";
import { S3Error } from "../protocol/errors";
import { leaf, tag, xmlDocument } from "../protocol/xml-write";
import type { ObjectRecord } from "../store/database/records";
import { partMarker } from "./multipart/list";
import { versionHeader } from "./object/about";
import { findReadable } from "./object/get-object";

const attributes = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
const MAX_PARTS_A_PAGE = 1000;

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export async function getObjectAttributes(call: Call): Promise<Reply> {
  const record = findReadable(call, "s3:GetObjectAttributes");
  const read = call.query("versionId") === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  call.authorizeObject(read, record); // needs the permission to read the bytes as well
  const wanted = requestedAttributes(call);
  const { checksum } = record;
  const rendered = [
    wanted.has("ETag") ? leaf("ETag", record.etag) : "",
    wanted.has("Checksum") && checksum
      ? tag("Checksum", renderChecksum(checksum), leaf("ChecksumType", checksumType(checksum)))
      : "",
    wanted.has("ObjectParts") ? renderParts(call, record) : "",
    wanted.has("StorageClass") ? leaf("StorageClass", "STANDARD") : "",
    wanted.has("ObjectSize") ? leaf("ObjectSize", record.sizeBytes) : "",
  ];
  const headers = { "last-modified": new Date(record.modifiedAt).toUTCString(), ...versionHeader(call, record) };
  return xmlReply(xmlDocument("GetObjectAttributesResponse", ...rendered), headers);
}

/** The requested attributes; several headers are joined to one list. @throws S3Error InvalidArgument */
function requestedAttributes(call: Call): ReadonlySet<string> {
  const header = call.header("x-amz-object-attributes");
  const wanted = (header ?? "").split(",").map((name) => name.trim());
  if (wanted.every((name) => attributes.includes(name))) return new Set(wanted);
  throw new S3Error("InvalidArgument", "Invalid attribute name specified.", {
    ArgumentName: "x-amz-object-attributes",
    ArgumentValue: header ?? "",
  });
}

/** A page of the parts of a multipart object, nothing for any other. */
function renderParts(call: Call, record: ObjectRecord): string {
  const parts = call.store.objects.parts(record);
  if (!parts) return "";
  const marker = partMarker(call.header("x-amz-part-number-marker"));
  const limit = pageSize(call.header("x-amz-max-parts"));
  const shown = parts.slice(marker, marker + limit);
  const isTruncated = shown.length > 0 && marker + limit < parts.length;
  return tag(
    "ObjectParts",
    leaf("PartsCount", parts.length),
    leaf("PartNumberMarker", marker),
    isTruncated ? leaf("NextPartNumberMarker", marker + limit) : "",
    leaf("MaxParts", limit),
    leaf("IsTruncated", isTruncated),
    ...shown.map(({ number, sizeBytes, checksum }) =>
      tag("Part", leaf("PartNumber", number), leaf("Size", sizeBytes), checksum ? renderChecksum(checksum) : ""),
    ),
  );
}

function renderChecksum({ algorithm, value }: Checksum): string {
  return leaf(`Checksum${algorithm}`, value);
}

/** @throws S3Error InvalidArgument */
function pageSize(text: string | undefined): number {
  if (text === undefined) return MAX_PARTS_A_PAGE;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_PARTS_A_PAGE);
  throw new S3Error("InvalidArgument", "x-amz-max-parts must be a number", { ArgumentValue: text });
}
