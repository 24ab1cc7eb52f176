import { aclsDisabled } from "../access/acl";
import { checksumHeader, contentMd5, isChecksumAlgorithm } from "../body/checksum";
import { receive } from "../body/receive";
import type { Call, Reply } from "../call";
import { noContent, xmlReply } from "../call";
import { S3Error } from "../errors";
import { objectHeaders } from "../object-headers";
import type { BucketRecord, PartRecord, UploadRecord } from "../store/records";
import { parseTagHeader } from "../tags";
import { leaf, tag, xmlDocument } from "../xml-write";
import { listParameters, renderOwner } from "./list-objects";
import { MAX_PUT_BYTES, requestedAcl, requireAnnounced } from "./put-object";

const MAX_PARTS = 10_000;

export async function createMultipartUpload(call: Call): Promise<Reply> {
  const { bucket, key } = call;
  call.authorizeObject("s3:PutObject");
  const { headers, metadata } = objectHeaders(call.request.headerNames(), (name) => call.header(name));
  const tags = parseTagHeader(call.header("x-amz-tagging"));
  if (tags) call.authorizeObject("s3:PutObjectTagging");
  const acl = requestedAcl(call);
  const algorithm = call.header("x-amz-checksum-algorithm")?.toUpperCase();
  if (algorithm !== undefined && !isChecksumAlgorithm(algorithm))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  const checksumType = requestedChecksumType(call, algorithm);
  const upload = await call.store.uploads.create(bucket, {
    key,
    headers,
    metadata,
    owner: aclsDisabled(bucket) ? bucket.owner : call.caller,
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(algorithm && { checksumAlgorithm: algorithm }),
    ...(checksumType && { checksumType }),
  });
  const answer = {
    ...(algorithm && { "x-amz-checksum-algorithm": algorithm }),
    ...(checksumType && { "x-amz-checksum-type": checksumType }),
  };
  const fields = [leaf("Bucket", bucket.name), leaf("Key", key), leaf("UploadId", upload.uploadId)];
  return xmlReply(xmlDocument("InitiateMultipartUploadResult", ...fields), answer);
}

/** SHA checksums of a whole cannot be had from those of its parts, CRC64NVME is never composite. */
function requestedChecksumType(call: Call, algorithm: string | undefined): "COMPOSITE" | "FULL_OBJECT" | undefined {
  const type = call.header("x-amz-checksum-type");
  if (type !== undefined && type !== "COMPOSITE" && type !== "FULL_OBJECT")
    throw new S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.");
  if (algorithm === undefined) return undefined;
  const chosen = type ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (
    (chosen === "FULL_OBJECT" && algorithm.startsWith("SHA")) ||
    (chosen === "COMPOSITE" && algorithm === "CRC64NVME")
  ) {
    throw new S3Error(
      "InvalidRequest",
      `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return chosen;
}

/** Bucket, key, upload and number of a part. @throws S3Error InvalidArgument, NoSuchUpload */
export function partTarget(call: Call): {
  bucket: BucketRecord;
  key: string;
  uploadId: string;
  number: number;
  upload: UploadRecord;
} {
  const text = call.query("partNumber") ?? "";
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PARTS) {
    const details = { ArgumentName: "partNumber", ArgumentValue: text };
    throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive", details);
  }
  const { bucket, key } = call;
  const upload = requireUpload(call);
  return { bucket, key, uploadId: upload.uploadId, number, upload };
}

/** @throws S3Error NoSuchUpload */
export function requireUpload(call: Call): UploadRecord {
  return call.store.uploads.require(call.bucket, call.key, call.query("uploadId") ?? "");
}

export async function uploadPart(call: Call): Promise<Reply> {
  call.authorizeObject("s3:PutObject");
  const target = partTarget(call);
  const checksum = requireAnnounced(call);
  const { checksumAlgorithm } = target.upload;
  if (checksum && checksumAlgorithm && checksum.algorithm !== checksumAlgorithm) {
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${checksumAlgorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
    );
  }
  const payload = call.openBody();
  const expected = {
    md5: contentMd5(call.request.header("content-md5")),
    checksum,
    maxBytes: MAX_PUT_BYTES,
    exactBytes: payload.sizeBytes,
  };
  const body = await receive(payload, expected, call.store.staging);
  try {
    const draft = {
      number: target.number,
      sizeBytes: body.sizeBytes,
      etag: body.md5,
      ...(body.checksum && { checksum: body.checksum }),
    };
    const part = await call.store.uploads.putPart(target, draft, () => body.data.place());
    const headers = {
      etag: `"${part.etag}"`,
      ...(part.checksum && { [checksumHeader(part.checksum.algorithm)]: part.checksum.value }),
    };
    return { status: 200, headers: { ...headers, "content-length": "0" } };
  } catch (error) {
    await body.data.discard();
    throw error;
  }
}

export async function abortMultipartUpload(call: Call): Promise<Reply> {
  call.authorizeObject("s3:AbortMultipartUpload");
  const { uploadId } = requireUpload(call);
  await call.store.uploads.abort(call.bucket, call.key, uploadId);
  return noContent;
}

export async function listParts(call: Call): Promise<Reply> {
  call.authorizeObject("s3:ListMultipartUploadParts");
  const upload = requireUpload(call);
  const { limit, encoding, encode } = listParameters(call, "max-parts");
  const marker = call.query("part-number-marker") ?? "0";
  if (!/^\d{1,5}$/.test(marker)) throw new S3Error("InvalidArgument", "part-number-marker must be a number");
  const found = Number(marker) >= MAX_PARTS ? [] : call.store.uploads.parts(upload.uploadId, Number(marker), limit + 1);
  const shown = found.slice(0, limit);
  return xmlReply(
    xmlDocument(
      "ListPartsResult",
      leaf("Bucket", call.bucket.name),
      leaf("EncodingType", encoding),
      leaf("Key", encode(call.key)),
      leaf("UploadId", upload.uploadId),
      leaf("PartNumberMarker", Number(marker)),
      found.length > limit ? leaf("NextPartNumberMarker", shown.at(-1)?.number) : "",
      leaf("MaxParts", limit),
      leaf("IsTruncated", found.length > limit),
      leaf("ChecksumAlgorithm", upload.checksumAlgorithm),
      leaf("ChecksumType", upload.checksumType),
      ...shown.map(renderPart),
      renderOwner(upload.owner),
      leaf("StorageClass", "STANDARD"),
    ),
  );
}

function renderPart(part: PartRecord): string {
  return tag(
    "Part",
    leaf("PartNumber", part.number),
    leaf("LastModified", new Date(part.modifiedAt).toISOString()),
    leaf("ETag", `"${part.etag}"`),
    leaf("Size", part.sizeBytes),
    part.checksum ? leaf(`Checksum${part.checksum.algorithm}`, part.checksum.value) : "",
  );
}

export async function listMultipartUploads(call: Call): Promise<Reply> {
  const bucket = call.authorizeBucket("s3:ListBucketMultipartUploads");
  const { prefix, delimiter, limit, encode, encoding } = listParameters(call, "max-uploads");
  if (delimiter !== "") throw new S3Error("NotImplemented", "A delimiter in the list of uploads is not implemented.");
  const [keyMarker, uploadIdMarker] = [call.query("key-marker") ?? "", call.query("upload-id-marker") ?? ""];
  const page = call.store.uploads.list(bucket, { prefix, keyMarker, uploadIdMarker, limit });
  const last = page.uploads.at(-1);
  return xmlReply(
    xmlDocument(
      "ListMultipartUploadsResult",
      leaf("Bucket", bucket.name),
      leaf("KeyMarker", encode(keyMarker)),
      leaf("UploadIdMarker", uploadIdMarker),
      page.isTruncated && last
        ? leaf("NextKeyMarker", encode(last.key)) + leaf("NextUploadIdMarker", last.uploadId)
        : "",
      leaf("Prefix", encode(prefix)),
      leaf("EncodingType", encoding),
      leaf("MaxUploads", limit),
      leaf("IsTruncated", page.isTruncated),
      ...page.uploads.map((upload) =>
        tag(
          "Upload",
          leaf("Key", encode(upload.key)),
          leaf("UploadId", upload.uploadId),
          renderOwner(upload.owner).replaceAll("Owner>", "Initiator>"),
          renderOwner(upload.owner),
          leaf("StorageClass", "STANDARD"),
          leaf("Initiated", new Date(upload.initiatedAt).toISOString()),
          leaf("ChecksumAlgorithm", upload.checksumAlgorithm),
          leaf("ChecksumType", upload.checksumType),
        ),
      ),
    ),
  );
}
