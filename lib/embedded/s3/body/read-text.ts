import { createHash } from "node:crypto";
import { checksumDemand, checksumHeader, contentMd5, runningChecksum } from "../hashing/checksum";
import { S3Error } from "../protocol/errors";
import type { Payload } from "./payload";

const MAX_XML_BYTES = 1024 * 1024;

/**
 * Reads a small body (XML, JSON) completely and checks it against its hash and checksums.
 * @param field request header by lower-case name
 * @param maxBytes 1 MiB unless an operation takes longer lists
 * @throws S3Error MaxMessageLengthExceeded beyond that, BadDigest, XAmzContentSHA256Mismatch, IncompleteBody
 */
export async function readText(
  payload: Payload,
  field: (name: string) => string | undefined,
  maxBytes = MAX_XML_BYTES,
): Promise<string> {
  if (payload.sizeBytes > maxBytes) throw new S3Error("MaxMessageLengthExceeded");
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of payload.chunks) {
    size += chunk.length;
    if (size > maxBytes) throw new S3Error("MaxMessageLengthExceeded");
    parts.push(chunk);
  }
  if (size !== payload.sizeBytes) throw new S3Error("IncompleteBody");
  const body = Buffer.concat(parts);
  if (payload.sha256 !== undefined && createHash("sha256").update(body).digest("hex") !== payload.sha256) {
    throw new S3Error("XAmzContentSHA256Mismatch");
  }
  const md5 = contentMd5(field("content-md5"));
  if (md5 !== undefined && createHash("md5").update(body).digest("base64") !== md5) throw new S3Error("BadDigest");
  const demand = checksumDemand(field);
  if (demand) {
    const running = runningChecksum(demand.algorithm);
    running.update(body);
    const expected = demand.expected ?? payload.trailers.get(checksumHeader(demand.algorithm));
    if (running.digest() !== expected) throw new S3Error("BadDigest");
  }
  return body.toString("utf8");
}
