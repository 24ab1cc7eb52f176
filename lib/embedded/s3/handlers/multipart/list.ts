import { initiatorOf } from "../../access/authorize";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import { abortHeaders } from "../../lifecycle/headers";
import { S3Error } from "../../protocol/errors";
import { leaf, tag, xmlDocument } from "../../protocol/xml-write";
import { isId } from "../../store/database/ids";
import type { PartRecord, UploadRecord } from "../../store/database/records";
import { listParameters, renderOwner, renderPrefixes, requestedMarker } from "../listing/list-objects";
import { authorizeUpload, MAX_PARTS } from "./multipart";

export async function listParts(call: Call): Promise<Reply> {
  const upload = authorizeUpload(call, "s3:ListMultipartUploadParts");
  const { limit, encoding, encode } = listParameters(call, "max-parts");
  const marker = partMarker(call.query("part-number-marker"));
  const found = marker >= MAX_PARTS ? [] : call.store.uploads.parts(upload.uploadId, marker, limit + 1);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const isTruncated = last !== undefined && found.length > limit;
  return xmlReply(
    xmlDocument(
      "ListPartsResult",
      leaf("Bucket", call.bucket.name),
      leaf("EncodingType", encoding),
      leaf("Key", encode(call.key)),
      leaf("UploadId", upload.uploadId),
      leaf("PartNumberMarker", marker),
      isTruncated ? leaf("NextPartNumberMarker", last.number) : "",
      leaf("MaxParts", limit),
      leaf("IsTruncated", isTruncated),
      leaf("ChecksumAlgorithm", upload.checksumAlgorithm),
      leaf("ChecksumType", upload.checksumType),
      ...shown.map(renderPart),
      renderInitiator(upload),
      renderOwner(upload.owner),
      leaf("StorageClass", "STANDARD"),
    ),
    abortHeaders(call.bucket, upload),
  );
}

function renderInitiator(upload: UploadRecord): string {
  return renderOwner(initiatorOf(upload)).replaceAll("Owner>", "Initiator>");
}

/** The part number after which a page starts. @throws S3Error InvalidArgument */
export function partMarker(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new S3Error("InvalidArgument", "part-number-marker must be a number", { ArgumentValue: text });
}

function renderPart(part: PartRecord): string {
  const { checksum } = part;
  return tag(
    "Part",
    leaf("PartNumber", part.number),
    leaf("LastModified", new Date(part.modifiedAt).toISOString()),
    leaf("ETag", `"${part.etag}"`),
    leaf("Size", part.sizeBytes),
    checksum ? leaf(`Checksum${checksum.algorithm}`, checksum.value) : "",
  );
}

export async function listMultipartUploads(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucketMultipartUploads");
  const { encode, encoding, ...query } = listParameters(call, "max-uploads");
  const after = requestedMarker(call, "key-marker") ?? "";
  const afterId = call.query("upload-id-marker") || undefined;
  if (afterId !== undefined && !isId(afterId)) throw new S3Error("InvalidArgument", "Invalid uploadId marker");
  // Without a key the id is ignored, as by S3.
  const page = call.store.uploads.list(bucket, { ...query, after, afterId: after === "" ? undefined : afterId });
  const { last } = page;
  return xmlReply(
    xmlDocument(
      "ListMultipartUploadsResult",
      leaf("Bucket", bucket.name),
      leaf("KeyMarker", encode(after)),
      leaf("UploadIdMarker", afterId ?? ""),
      page.isTruncated && last
        ? leaf("NextKeyMarker", encode(last.key)) + leaf("NextUploadIdMarker", last.uploadId)
        : "",
      leaf("Prefix", encode(query.prefix)),
      query.delimiter && leaf("Delimiter", encode(query.delimiter)),
      leaf("EncodingType", encoding),
      leaf("MaxUploads", query.limit),
      leaf("IsTruncated", page.isTruncated),
      ...page.uploads.map((upload) => renderUpload(upload, encode)),
      ...renderPrefixes(page.commonPrefixes, encode),
    ),
  );
}

function renderUpload(upload: UploadRecord, encode: (text: string) => string): string {
  return tag(
    "Upload",
    leaf("Key", encode(upload.key)),
    leaf("UploadId", upload.uploadId),
    renderInitiator(upload),
    renderOwner(upload.owner),
    leaf("StorageClass", "STANDARD"),
    leaf("Initiated", new Date(upload.initiatedAt).toISOString()),
    leaf("ChecksumAlgorithm", upload.checksumAlgorithm),
    leaf("ChecksumType", upload.checksumType),
  );
}
