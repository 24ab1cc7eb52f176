import { createHash } from "node:crypto";
import { type Checksum, checksumAlgorithms, checksumHeader, runningChecksum } from "../body/checksum";
import type { Call, Reply } from "../call";
import { xmlReply } from "../call";
import { S3Error } from "../errors";
import { objectKey } from "../store/keys";
import { checkWriteConditions } from "../store/objects";
import type { PartRecord, UploadRecord } from "../store/records";
import { childrenOf, expectRoot, textOf } from "../xml-read";
import { leaf, xmlDocument } from "../xml-write";
import { bareEtag, writeConditions } from "./conditional";
import { requireUpload } from "./multipart";

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_OBJECT_BYTES = 5 * 1024 ** 4;

interface ClaimedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: ReadonlyMap<string, string>;
}

/** Everything is checked before the answer begins, so an error never hides inside a 200. */
export async function completeMultipartUpload(call: Call): Promise<Reply> {
  const { bucket, key, store } = call;
  call.authorizeObject("s3:PutObject");
  const upload = requireUpload(call);
  const conditions = writeConditions((name) => call.header(name));
  checkWriteConditions(store.database.heads.get(objectKey(bucket.id, key)), conditions);
  const chosen = choose(parseClaims(await call.text()), store.uploads.parts(upload.uploadId));
  const sizeBytes = chosen.reduce((sum, part) => sum + part.sizeBytes, 0);
  checkSize(sizeBytes, call.header("x-amz-mp-object-size"));
  const md5s = Buffer.concat(chosen.map((part) => Buffer.from(part.etag, "hex")));
  const checksum = compositeChecksum(upload, chosen);
  checkExpected(call, checksum);
  const { headers, metadata, owner, tags, acl } = upload;
  const draft = {
    sizeBytes,
    etag: `${createHash("md5").update(md5s).digest("hex")}-${chosen.length}`,
    owner,
    headers,
    metadata,
    ...(tags && { tags }),
    ...(acl && { acl }),
    ...(checksum && { checksum }),
    partCount: chosen.length,
  };
  const assemble = (garbage: string[]) => store.uploads.assemble(bucket, key, upload.uploadId, chosen, garbage);
  const record = await store.objects.put({ bucket, key }, draft, assemble, conditions);
  const location = `http://${call.header("host") ?? ""}/${bucket.name}/${encodeURI(key)}`;
  return xmlReply(
    xmlDocument(
      "CompleteMultipartUploadResult",
      leaf("Location", location),
      leaf("Bucket", bucket.name),
      leaf("Key", key),
      leaf("ETag", `"${record.etag}"`),
      checksum ? leaf(`Checksum${checksum.algorithm}`, checksum.value) + leaf("ChecksumType", "COMPOSITE") : "",
    ),
    bucket.versioning ? { "x-amz-version-id": record.versionId } : {},
  );
}

function parseClaims(xml: string): ClaimedPart[] {
  const claims = childrenOf(expectRoot(xml, "CompleteMultipartUpload"), "Part").map((node) => {
    const [number, etag] = [Number(textOf(node, "PartNumber")), textOf(node, "ETag")];
    if (!Number.isInteger(number) || number < 1 || etag === undefined) throw new S3Error("MalformedXML");
    const checksums = checksumAlgorithms.flatMap((algorithm) => {
      const value = textOf(node, `Checksum${algorithm}`);
      return value === undefined ? [] : [[algorithm, value] as const];
    });
    return { number, etag: bareEtag(etag), checksums: new Map<string, string>(checksums) };
  });
  if (claims.length === 0) throw new S3Error("MalformedXML");
  if (claims.some((claim, i) => i > 0 && claim.number <= (claims[i - 1]?.number ?? 0)))
    throw new S3Error("InvalidPartOrder");
  return claims;
}

/** The uploaded parts a completion names. @throws S3Error InvalidPart, EntityTooSmall */
function choose(claims: readonly ClaimedPart[], uploaded: readonly PartRecord[]): PartRecord[] {
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  return claims.map((claim, i) => {
    const part = byNumber.get(claim.number);
    const checksum = part?.checksum && claim.checksums.get(part.checksum.algorithm);
    if (!part || part.etag !== claim.etag || (checksum !== undefined && checksum !== part.checksum?.value)) {
      throw new S3Error("InvalidPart", undefined, { PartNumber: String(claim.number), ETag: claim.etag });
    }
    if (i < claims.length - 1 && part.sizeBytes < MIN_PART_BYTES) {
      const details = {
        PartNumber: String(part.number),
        ProposedSize: String(part.sizeBytes),
        MinSizeAllowed: String(MIN_PART_BYTES),
      };
      throw new S3Error("EntityTooSmall", undefined, details);
    }
    return part;
  });
}

function checkSize(sizeBytes: number, expected: string | undefined): void {
  if (sizeBytes > MAX_OBJECT_BYTES) throw new S3Error("EntityTooLarge");
  if (expected !== undefined && Number(expected) !== sizeBytes) {
    throw new S3Error("InvalidRequest", "The x-amz-mp-object-size does not match the size of the parts.");
  }
}

/** Composite: the checksum of the parts' checksums. Whole-object checksums of several parts are left out. */
function compositeChecksum(upload: UploadRecord, parts: readonly PartRecord[]): Checksum | undefined {
  const algorithm = upload.checksumAlgorithm;
  if (!algorithm || upload.checksumType !== "COMPOSITE") return undefined;
  const values = parts.map((part) => part.checksum?.value);
  if (values.some((value) => value === undefined))
    throw new S3Error(
      "InvalidRequest",
      "The upload was created with a checksum algorithm; each part needs its checksum.",
    );
  const running = runningChecksum(algorithm);
  for (const value of values) running.update(Buffer.from(value ?? "", "base64"));
  return { algorithm, value: `${running.digest()}-${parts.length}` };
}

/** A checksum of the whole that came with the completion must be one the store can vouch for. */
function checkExpected(call: Call, checksum: Checksum | undefined): void {
  for (const algorithm of checksumAlgorithms) {
    const given = call.header(checksumHeader(algorithm));
    if (given === undefined) continue;
    if (checksum?.algorithm !== algorithm)
      throw new S3Error("NotImplemented", "A full-object checksum of a multipart upload is not implemented.");
    if (given !== checksum.value && given !== checksum.value.replace(/-\d+$/, "")) throw new S3Error("BadDigest");
  }
}
