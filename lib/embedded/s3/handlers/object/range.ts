import { S3Error } from "../../protocol/errors";
import type { ByteRange } from "../../store/database/records";

/**
 * Parses one range of RFC 9110, 14.2. Several ranges and malformed ones are ignored, as by S3.
 * @throws S3Error InvalidRange when it contains no byte of the object
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  const [, from = "", to = ""] = parts ?? [];
  if (!parts || (from === "" && to === "")) return undefined;
  const start = from === "" ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (from !== "" && to !== "" && Number(to) < start) return undefined;
  if (start >= sizeBytes || start > end) {
    const details = { RangeRequested: header ?? "", ActualObjectSize: String(sizeBytes) };
    throw new S3Error("InvalidRange", undefined, details, { "content-range": `bytes */${sizeBytes}` });
  }
  return { start, end };
}
