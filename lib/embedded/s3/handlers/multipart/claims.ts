import { createHash } from "node:crypto";
import { checksumAlgorithms } from "../../hashing/checksum";
import { S3Error } from "../../protocol/errors";
import { childrenOf, expectRoot, textOf } from "../../protocol/xml-read";
import type { PartRecord, UploadRecord } from "../../store/database/records";
import { bareEtag } from "../object/conditional";
import { MAX_PARTS } from "./multipart";

const MIN_PART_BYTES = 5 * 1024 * 1024;

/** A part as a completion names it. */
export interface ClaimedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: ReadonlyMap<string, string>;
}

/** Parses the list of a completion. @throws S3Error MalformedXML, InvalidArgument, InvalidPartOrder */
export function parseClaims(xml: string): ClaimedPart[] {
  const claims = childrenOf(expectRoot(xml, "CompleteMultipartUpload"), "Part").map((node) => {
    const [number, etag] = [textOf(node, "PartNumber")?.trim() ?? "", textOf(node, "ETag")];
    if (!/^\d{1,9}$/.test(number) || etag === undefined) throw new S3Error("MalformedXML");
    if (Number(number) < 1 || Number(number) > MAX_PARTS)
      throw new S3Error("InvalidArgument", "PartNumber must be an integer between 1 and 10000, inclusive");
    const checksums = checksumAlgorithms.flatMap((algorithm) => {
      const value = textOf(node, `Checksum${algorithm}`);
      return value === undefined ? [] : [[algorithm, value] as const];
    });
    return { number: Number(number), etag: bareEtag(etag), checksums: new Map<string, string>(checksums) };
  });
  if (claims.length === 0) throw new S3Error("MalformedXML");
  if (claims.some((claim, i) => i > 0 && claim.number <= (claims[i - 1]?.number ?? 0)))
    throw new S3Error("InvalidPartOrder");
  return claims;
}

/** The ETag of a multipart object: the MD5 of the parts' MD5s, and their number. */
export function etagOf(parts: readonly { readonly etag: string }[]): string {
  const md5s = createHash("md5");
  for (const { etag } of parts) md5s.update(Buffer.from(etag, "hex"));
  return `${md5s.digest("hex")}-${parts.length}`;
}

/** Returns the uploaded parts a completion names. @throws S3Error InvalidPart, EntityTooSmall, InvalidRequest */
export function choose(
  upload: UploadRecord,
  claims: readonly ClaimedPart[],
  uploaded: readonly PartRecord[],
): PartRecord[] {
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  return claims.map((claim, i) => {
    const part = byNumber.get(claim.number);
    if (!part || part.etag !== claim.etag || !confirms(part, claim)) {
      throw new S3Error("InvalidPart", undefined, { PartNumber: String(claim.number), ETag: claim.etag });
    }
    if (upload.checksumType === "COMPOSITE" && !claim.checksums.has(upload.checksumAlgorithm ?? "")) {
      throw new S3Error(
        "InvalidRequest",
        `The upload was created using a ${upload.checksumAlgorithm?.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${claim.number} in the request.`,
      );
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

/** Whether every checksum in the claim was verified against the bytes of the part. */
function confirms({ checksum, sent }: PartRecord, claim: ClaimedPart): boolean {
  return [...claim.checksums].every(([algorithm, value]) =>
    [checksum, sent].some((known) => known?.algorithm === algorithm && known.value === value),
  );
}
