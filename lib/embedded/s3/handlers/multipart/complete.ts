import { readText } from "../../body/read-text";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import { type Checksum, checksumAlgorithms, checksumHeader, checksumType } from "../../hashing/checksum";
import { partsChecksum } from "../../hashing/parts-checksum";
import { expirationHeader } from "../../lifecycle/headers";
import { S3Error } from "../../protocol/errors";
import { leaf, xmlDocument } from "../../protocol/xml-write";
import type { ObjectRecord, PartRecord, UploadRecord } from "../../store/database/records";
import type { WriteConditions } from "../../store/versions/version-writer";
import { writeConditions } from "../object/conditional";
import { type ClaimedPart, choose, etagOf, parseClaims } from "./claims";
import { requireUpload, uploadChecksum } from "./multipart";

const MAX_OBJECT_BYTES = 5 * 1024 ** 4;
/** 10,000 parts with a SHA-256 each are about 2 MiB. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

/**
 * Completes an upload. The answer begins when the object is durable, so that no error follows a 200. Idempotent: a repeated
 * completion gets the same answer, as from S3, while the object it made is the newest version of its key.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export async function completeMultipartUpload(call: Call): Promise<Reply> {
  call.authorizeObject("s3:PutObject");
  const conditions = writeConditions((name) => call.header(name));
  const claims = parseClaims(await readList(call));
  const etag = etagOf(claims);
  const before = completedBefore(call, etag);
  if (before) return completed(call, before);
  try {
    return completed(call, await assemble(call, claims, etag, conditions));
  } catch (error) {
    const meanwhile = completedBefore(call, etag); // made by a concurrent repetition of this request
    if (meanwhile) return completed(call, meanwhile);
    throw error;
  }
}

/** The headers `x-amz-checksum-*` of a completion are about the object, not about this body. */
function readList(call: Call): Promise<string> {
  const field = (name: string) => (name.startsWith("x-amz-checksum-") ? undefined : call.request.header(name));
  return readText(call.openBody(), field, MAX_LIST_BYTES);
}

function completedBefore(call: Call, etag: string): ObjectRecord | undefined {
  const newest = call.store.objects.find(call.bucket, call.key);
  return newest?.uploadId !== undefined && newest.uploadId === call.query("uploadId") && newest.etag === etag
    ? newest
    : undefined;
}

async function assemble(
  call: Call,
  claims: readonly ClaimedPart[],
  etag: string,
  conditions: WriteConditions,
): Promise<ObjectRecord> {
  const { bucket, key, store } = call;
  const upload = requireUpload(call);
  store.objects.checkConditions(bucket, key, conditions);
  const chosen = choose(upload, claims, store.uploads.parts(upload.uploadId));
  const sizeBytes = chosen.reduce((sum, part) => sum + part.sizeBytes, 0);
  checkSize(sizeBytes, call.header("x-amz-mp-object-size"));
  const checksum = checksumOf(upload, chosen);
  checkExpected(call, upload, checksum);
  const { headers, metadata, owner, tags, acl, uploadId } = upload;
  const draft = {
    ...{ sizeBytes, etag, owner, headers, metadata, uploadId, partCount: chosen.length },
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(checksum && { checksum }),
  };
  const publish = call.publish("ObjectCreated:CompleteMultipartUpload");
  const { authorizeAgain: authorize } = call;
  return store.uploads.complete({ bucket, key, draft, authorize, conditions, publish }, uploadId, chosen);
}

function checkSize(sizeBytes: number, expected: string | undefined): void {
  if (sizeBytes > MAX_OBJECT_BYTES) throw new S3Error("EntityTooLarge");
  if (expected !== undefined && Number(expected) !== sizeBytes) {
    throw new S3Error("InvalidRequest", "The x-amz-mp-object-size does not match the size of the parts.");
  }
}

/** `undefined` when a part has no checksum, as parts uploaded to an older version of the store. */
function checksumOf(upload: UploadRecord, parts: readonly PartRecord[]): Checksum | undefined {
  const { algorithm, type } = uploadChecksum(upload);
  const known = parts.flatMap(({ checksum, sizeBytes }) =>
    checksum?.algorithm === algorithm ? [{ value: checksum.value, sizeBytes }] : [],
  );
  return known.length === parts.length ? partsChecksum(algorithm, type, known) : undefined;
}

/** The checksum of the whole that came with the completion. @throws S3Error BadDigest, InvalidRequest */
function checkExpected(call: Call, upload: UploadRecord, checksum: Checksum | undefined): void {
  const { algorithm: chosen, type } = uploadChecksum(upload);
  const asked = call.header("x-amz-checksum-type")?.toUpperCase();
  if (asked !== undefined && asked !== type) {
    throw new S3Error(
      "InvalidRequest",
      `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  for (const algorithm of checksumAlgorithms) {
    const given = call.header(checksumHeader(algorithm));
    if (given === undefined) continue;
    if (algorithm !== chosen || !checksum) {
      throw new S3Error(
        "InvalidRequest",
        `Checksum Type mismatch occurred, expected checksum Type: ${chosen.toLowerCase()}, actual checksum Type: ${algorithm.toLowerCase()}`,
      );
    }
    if (given !== checksum.value && given !== checksum.value.replace(/-\d+$/, "")) {
      throw new S3Error("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}

function completed(call: Call, record: ObjectRecord): Reply {
  const { bucket, key } = call;
  const { checksum } = record;
  const path = key.split("/").map(encodeURIComponent).join("/");
  return xmlReply(
    xmlDocument(
      "CompleteMultipartUploadResult",
      leaf("Location", `http://${call.header("host") ?? ""}/${bucket.name}/${path}`),
      leaf("Bucket", bucket.name),
      leaf("Key", key),
      leaf("ETag", `"${record.etag}"`),
      checksum
        ? leaf(`Checksum${checksum.algorithm}`, checksum.value) + leaf("ChecksumType", checksumType(checksum))
        : "",
    ),
    {
      ...(bucket.versioning && { "x-amz-version-id": record.versionId }),
      ...expirationHeader(bucket, key, record),
    },
  );
}
