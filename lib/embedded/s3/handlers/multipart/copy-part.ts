import { receive } from "../../body/receive";
import type { Call, Reply } from "../../call/call";
import { xmlReply } from "../../call/call";
import { S3Error } from "../../protocol/errors";
import { leaf, xmlDocument } from "../../protocol/xml-write";
import type { ByteRange } from "../../store/database/records";
import { sourceVersion, withSource } from "../object/copy-source";
import { MAX_PUT_BYTES } from "../object/put-object";
import { keepPart, partTarget, uploadChecksum } from "./multipart";

/**
 * UploadPartCopy: makes a part of another object, or of a range of it. The answer begins when the part is durable.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export async function uploadPartCopy(call: Call): Promise<Reply> {
  call.authorizeObject("s3:PutObject");
  const target = partTarget(call);
  const keep = uploadChecksum(target.upload).algorithm;
  const { source, body } = await withSource(call, async (source) => {
    const range = copyRange(call.header("x-amz-copy-source-range"), source.record.sizeBytes);
    const sizeBytes = range.end - range.start + 1;
    if (sizeBytes > MAX_PUT_BYTES) throw new S3Error("EntityTooLarge");
    const content = await call.store.reader.open(source.record, range);
    const chunks = Buffer.isBuffer(content) ? { chunks: once(content) } : { chunks: content, recycle: content.recycle };
    const payload = { ...chunks, sha256: undefined, trailers: new Map() };
    const expected = {
      md5: undefined,
      checksum: undefined,
      keep,
      maxBytes: MAX_PUT_BYTES,
      exactBytes: sizeBytes,
    };
    return { source, body: await receive(payload, expected, call.store) };
  });
  const part = await keepPart(call, target, body);
  const { checksum } = part;
  return xmlReply(
    xmlDocument(
      "CopyPartResult",
      leaf("LastModified", new Date(part.modifiedAt).toISOString()),
      leaf("ETag", `"${part.etag}"`),
      checksum ? leaf(`Checksum${checksum.algorithm}`, checksum.value) : "",
    ),
    sourceVersion(source),
  );
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield bytes;
}

/** @throws S3Error InvalidArgument for a malformed range, or one beyond the object */
function copyRange(header: string | undefined, sizeBytes: number): ByteRange {
  if (header === undefined) return { start: 0, end: sizeBytes - 1 };
  const [, from, to] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const [start, end] = [Number(from), Number(to)];
  if (from === undefined || end < start) {
    throw new S3Error(
      "InvalidArgument",
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
    );
  }
  if (end >= sizeBytes)
    throw new S3Error("InvalidArgument", `Range specified is not valid for source object of size: ${sizeBytes}`);
  return { start, end };
}
