import { objectOwner } from "../../access/acl";
import { authorize } from "../../access/authorize";
import { ownerName } from "../../auth/users";
import { type Received, receive } from "../../body/receive";
import type { Call, Reply } from "../../call/call";
import { noContent, xmlReply } from "../../call/call";
import {
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
  checksumHeader,
  contentMd5,
  DEFAULT_CHECKSUM,
  isChecksumAlgorithm,
} from "../../hashing/checksum";
import { checksumTypes } from "../../hashing/parts-checksum";
import { abortHeaders } from "../../lifecycle/headers";
import { objectHeaders } from "../../metadata/object-headers";
import { parseTagHeader } from "../../metadata/tags";
import { S3Error } from "../../protocol/errors";
import { leaf, xmlDocument } from "../../protocol/xml-write";
import type { PartRecord, UploadRecord } from "../../store/database/records";
import type { UploadTarget } from "../../store/uploads";
import { MAX_PUT_BYTES, openSized, refuseVersion, requestedAcl, requireChecksum } from "../object/put-object";

export const MAX_PARTS = 10_000;

export async function createMultipartUpload(call: Call): Promise<Reply> {
  const { bucket, key } = call;
  call.authorizeObject("s3:PutObject");
  refuseVersion(call);
  const { headers, metadata } = objectHeaders(call.request.headerNames(), (name) => call.header(name));
  const tags = parseTagHeader(call.header("x-amz-tagging"));
  if (tags) call.authorizeObject("s3:PutObjectTagging");
  const acl = requestedAcl(call);
  const checksum = requestedChecksum(call);
  const initiator = ownerName(call.auth.identity);
  const owner = objectOwner(bucket, initiator, acl);
  const upload = await call.store.uploads.create(bucket, {
    ...{ key, headers, metadata, owner },
    ...(initiator !== undefined && initiator !== owner && { initiator }),
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(checksum && { checksumAlgorithm: checksum.algorithm, checksumType: checksum.type }),
  });
  const answer: Record<string, string> = {
    ...(checksum && { "x-amz-checksum-algorithm": checksum.algorithm, "x-amz-checksum-type": checksum.type }),
    ...abortHeaders(bucket, upload),
  };
  const fields = [leaf("Bucket", bucket.name), leaf("Key", key), leaf("UploadId", upload.uploadId)];
  return xmlReply(xmlDocument("InitiateMultipartUploadResult", ...fields), answer);
}

/** The checksum algorithm and type the client requests, if any. @throws S3Error InvalidRequest */
function requestedChecksum(call: Call): { algorithm: ChecksumAlgorithm; type: ChecksumType } | undefined {
  const algorithm = call.header("x-amz-checksum-algorithm")?.toUpperCase();
  const type = call.header("x-amz-checksum-type")?.toUpperCase();
  if (type !== undefined && type !== "COMPOSITE" && type !== "FULL_OBJECT")
    throw new S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.");
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw new S3Error("InvalidRequest", "x-amz-checksum-type needs x-amz-checksum-algorithm beside it.");
  }
  if (!isChecksumAlgorithm(algorithm))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  const possible = checksumTypes(algorithm);
  const chosen = type ?? possible[0] ?? "COMPOSITE";
  if (possible.includes(chosen)) return { algorithm, type: chosen };
  throw new S3Error(
    "InvalidRequest",
    `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

/** The checksum of an upload's parts and object: the requested one, else S3's default. */
export function uploadChecksum(upload: UploadRecord): { algorithm: ChecksumAlgorithm; type: ChecksumType } {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  return algorithm && type ? { algorithm, type } : { algorithm: DEFAULT_CHECKSUM, type: "FULL_OBJECT" };
}

/** The upload and the number of a part. */
export interface PartTarget extends UploadTarget {
  readonly number: number;
  readonly upload: UploadRecord;
}

/** @throws S3Error InvalidArgument, NoSuchUpload */
export function partTarget(call: Call): PartTarget {
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

/** Requires that the caller may do this with the upload that the request names. @throws S3Error AccessDenied, NoSuchUpload */
export function authorizeUpload(
  call: Call,
  action: "s3:AbortMultipartUpload" | "s3:ListMultipartUploadParts",
): UploadRecord {
  const { bucket, key } = call;
  const upload = call.store.uploads.find(bucket, key, call.query("uploadId") ?? "");
  authorize(call.question(action, { key, upload }));
  return requireUpload(call);
}

export async function uploadPart(call: Call): Promise<Reply> {
  call.authorizeObject("s3:PutObject");
  const target = partTarget(call);
  const demand = requireChecksum(call);
  const chosen = target.upload.checksumAlgorithm;
  if (demand && chosen && demand.algorithm !== chosen) {
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${chosen.toLowerCase()}, actual checksum Type: ${demand.algorithm.toLowerCase()}`,
    );
  }
  const payload = openSized(call);
  const expected = {
    md5: contentMd5(call.request.header("content-md5")),
    checksum: demand,
    keep: uploadChecksum(target.upload).algorithm,
    maxBytes: MAX_PUT_BYTES,
    exactBytes: payload.sizeBytes,
  };
  const part = await keepPart(call, target, await receive(payload, expected, call.store));
  return { status: 200, headers: { etag: `"${part.etag}"`, ...partChecksum(part), "content-length": "0" } };
}

/** Keeps received bytes as a part of an upload. @throws S3Error NoSuchUpload when it ended meanwhile */
export function keepPart(call: Call, target: PartTarget, body: Received): Promise<PartRecord> {
  const { sizeBytes, md5: etag, checksum, sent } = body;
  const draft = { number: target.number, sizeBytes, etag, checksum, ...(sent && { sent }) };
  return call.store.uploads.putPart(target, draft, body.data);
}

/** The client's checksum, else the computed one. */
function partChecksum({ sent, checksum }: PartRecord): Record<string, string> {
  const shown: Checksum | undefined = sent ?? checksum;
  return shown ? { [checksumHeader(shown.algorithm)]: shown.value } : {};
}

export async function abortMultipartUpload(call: Call): Promise<Reply> {
  const { uploadId } = authorizeUpload(call, "s3:AbortMultipartUpload");
  await call.store.uploads.abort(call.bucket, call.key, uploadId);
  return noContent;
}
